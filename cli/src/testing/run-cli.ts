/** Runs the CLI as its own process, as a script would. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, '..', 'main.ts');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  child: ChildProcessWithoutNullStreams;
  /** What it has written so far. */
  output: { stdout: string; stderr: string };
  finished: Promise<Finished>;
}

export interface CliEnvironment {
  home: string;
  port?: number;
  env?: Record<string, string>;
}

/** Starts it with an environment of its own: no `.env` of the checkout, no settings of whoever runs the tests. */
export function startCli(args: string[], { home, port, env }: CliEnvironment): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      MOBYCLAW_HOME: home,
      MOBYCLAW_ENV_FILE: '/dev/null',
      ...(port !== undefined && { MOBYCLAW_PORT: String(port) }),
      ...env,
    },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }));
  });
  return { child, output, finished };
}

/** @param input text for its standard input, which is then closed */
export function runCli(args: string[], environment: CliEnvironment, input = ''): Promise<Finished> {
  const { child, finished } = startCli(args, environment);
  child.stdin.on('error', () => undefined); // a command that ends without reading closes the pipe
  child.stdin.end(input);
  return finished;
}
