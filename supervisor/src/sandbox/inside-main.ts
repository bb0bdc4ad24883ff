/**
 * Entry of `dist/sandbox.js`, the first program in the sandbox: listens on the ports of the doors, hands the sockets out to
 * the supervisor, is told what to run, and becomes that program. So its environment is on no command line and in no
 * environment but the program's own, and nothing of this process stays: not its memory, not the line to the supervisor.
 */
import { accessSync, closeSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { provideModelsDev } from '../models-dev.ts';
import type { InsideOrder } from './inside-order.ts';

const O_CLOEXEC = 0o2000000;

process.on('message', (order: InsideOrder) => {
  if ('listen' in order) listen(order.listen);
  else void become(order);
});
process.on('disconnect', () => process.exit(1)); // the supervisor is gone, and so is whoever would need this

function listen(ports: readonly number[]): void {
  for (const [door, port] of ports.entries()) {
    const server = createServer();
    server.on('error', fail);
    server.listen(port, '127.0.0.1', () => process.send?.({ door }, server));
  }
}

async function become({ run, modelsDevOffline }: Exclude<InsideOrder, { listen: unknown }>): Promise<void> {
  try {
    if (modelsDevOffline) await provideModelsDev(run.env);
    accessSync(run.command, constants.X_OK); // execve that fails would end this process without a word of ours
    closeInherited();
    process.execve?.(run.command, [run.command, ...run.args], run.env);
  } catch (error) {
    fail(error as Error);
  }
}

/** What whoever started the supervisor had open, and did not mark to be closed: no program in here is to have it. */
function closeInherited(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd > 2 && !isClosedByItself(fd)) closeSync(fd);
  }
}

function isClosedByItself(fd: number): boolean {
  let info: string;
  try {
    info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  } catch {
    return true; // the one by which the list was read
  }
  const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
  return (flags & O_CLOEXEC) !== 0;
}

function fail(error: Error): void {
  process.stderr.write(`the sandbox could not be prepared: ${error.message}\n`);
  process.exit(1);
}
