/** Runs the CLI on a pseudo-terminal and types at it, as a person would. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CliEnvironment } from './run-cli.ts';

const PYTHON = join(import.meta.dirname, 'on-terminal.py');
const MAIN = join(import.meta.dirname, '..', 'main.ts');

export interface Typed {
  /** What has to stand there, and the keys that are then pressed. */
  dialogue: readonly (readonly [shown: string, keys: string])[];
  /** The program is ended when this stands there. */
  until: string;
}

/** @returns all that the terminal showed */
export async function onTerminal(
  args: string[],
  { home, port, env }: CliEnvironment,
  typed: Typed,
): Promise<string> {
  const child = spawn('python3', [PYTHON], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdin.end(
    JSON.stringify({
      argv: [process.execPath, MAIN, ...args],
      env: {
        PATH: process.env.PATH,
        HOME: home,
        MOBYCLAW_HOME: home,
        MOBYCLAW_ENV_FILE: '/dev/null',
        NO_COLOR: '1',
        TERM: 'xterm',
        ...(port === undefined ? {} : { MOBYCLAW_PORT: String(port) }),
        ...env,
      },
      quiet: 0.6, // longer than keys are not taken for an answer yet
      ...typed,
    }),
  );
  await ended;
  return shown;
}
