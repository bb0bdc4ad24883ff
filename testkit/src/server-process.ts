/** A server of ours as a real process, which says in its log where it listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { until } from './until.ts';

const LONGEST_START_MS = 30_000; // on a machine that is busy with other tests

export interface ServerProcess {
  child: ChildProcess;
  /** All that it wrote, to both streams. */
  output(): string;
  /** Where it listens, once it does. */
  url(): Promise<string>;
}

/** @param environment all of it but PATH */
export function spawnServer(main: string, environment: Record<string, string>): ServerProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return {
    child,
    output: () => text,
    url: () => until('the server to listen', () => /"url":"([^"]+)"/.exec(text)?.[1], LONGEST_START_MS),
  };
}
