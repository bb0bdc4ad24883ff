/** Whether the gateway's port is free, or Moby's own. */
import { createServer } from 'node:net';
import type { DataDirectory } from './data-directory.ts';
import { type Check, fail, ok } from './doctor/check.ts';
import { runningStack } from './running-stack.ts';

export async function checkPort(data: DataDirectory, port: number): Promise<Check> {
  const ours = runningStack(data)?.port === port;
  const code = await tryPort(port);
  if (code === null) return ok('port', `${port} is free`);
  if (ours && code === 'EADDRINUSE') return ok('port', `${port}, used by Moby`);
  if (code === 'EADDRINUSE') {
    return fail(
      'port',
      `${port} is used by another program`,
      'End that program, or set MOBYCLAW_PORT to another port.',
    );
  }
  return fail('port', `${port} cannot be used (${code})`, 'Set MOBYCLAW_PORT to another port.');
}

/** @returns why the port cannot be listened on, or null */
function tryPort(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)));
  });
}
