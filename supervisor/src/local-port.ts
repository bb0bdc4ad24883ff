/** Ports on loopback: is the gateway's free, and which ones can the other parts have. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StartError } from '@mobyclaw/lib/start-error';

const TRIES = 50;
/** Below the range that systems hand out to outgoing connections, so that a restarted part finds its port still free. */
const FIRST_PORT = 20_000;
const LAST_PORT = 30_000;

/** @throws StartError naming what to do where another program has the port */
export async function requireFreePort(port: number): Promise<void> {
  const code = await tryPort(port);
  if (code === null) return;
  if (code === 'EADDRINUSE') {
    throw new StartError(
      `port ${port} is in use by another program: end it, or set MOBYCLAW_PORT to another port`,
    );
  }
  if (code === 'EACCES') {
    throw new StartError(`port ${port} may not be used by you: set MOBYCLAW_PORT to one above 1023`);
  }
  throw new StartError(`port ${port} cannot be used (${code}): set MOBYCLAW_PORT to another port`);
}

/** @throws StartError where no port is free */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if ((await tryPort(port)) === null) return port;
  }
  throw new StartError(`no free port was found on 127.0.0.1 between ${FIRST_PORT} and ${LAST_PORT}`);
}

/** @returns so many, each another @throws StartError where no port is free */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) found.add(await findFreePort());
  return [...found];
}

/** @returns why the port cannot be listened on, or null */
function tryPort(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)));
  });
}
