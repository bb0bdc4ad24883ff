/** Runs the CLI as a script would: a command, its environment, what it wrote and its exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, '..', 'main.ts');
const CHECKOUT = join(import.meta.dirname, '../../..');
const VERSION: string = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version;

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

function environmentOf({ home, port, env }: CliEnvironment): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    MOBYCLAW_HOME: home,
    MOBYCLAW_ENV_FILE: '/dev/null',
    ...(port !== undefined && { MOBYCLAW_PORT: String(port) }),
    ...env,
  };
}

/** Starts it with an environment of its own: no `.env` of the checkout, no settings of whoever runs the tests. */
export function startCli(args: string[], environment: CliEnvironment): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: environment.home,
    env: environmentOf(environment),
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

/**
 * Runs the CLI to its end within this process: starting one takes longer than most commands do. What ends by a signal or reads while
 * it runs is a matter for `startCli`; a second command while one is running gets a process of its own, as environment and
 * folder are the whole process's.
 * @param input text for its standard input, which is then closed
 */
export async function runCli(args: string[], environment: CliEnvironment, input = ''): Promise<Finished> {
  if (isRunning) return await runProcess(args, environment, input);
  isRunning = true;
  const before = { cwd: process.cwd(), env: { ...process.env } };
  try {
    process.chdir(environment.home);
    setEnvironment({ ...environmentOf(environment), ...ofTests(before.env) });
    return await runHere(args, input);
  } finally {
    setEnvironment(before.env);
    process.chdir(before.cwd);
    isRunning = false;
  }
}

/** The same in a process of its own, for what only such a one shows. */
export function runProcess(args: string[], environment: CliEnvironment, input = ''): Promise<Finished> {
  const { child, finished } = startCli(args, environment);
  child.stdin.on('error', () => undefined); // a command that ends without reading closes the pipe
  child.stdin.end(input);
  return finished;
}

let isRunning = false;

async function runHere(args: string[], input: string): Promise<Finished> {
  const { runReported } = await import('../program.ts');
  const stdout = new Collected();
  const stderr = new Collected();
  const terminal = { stdin: Readable.from([Buffer.from(input)]), stdout, stderr, env: process.env };
  const code = await runReported(args, {
    terminal,
    version: VERSION,
    load: async () => {
      const { Context } = await import('../context.ts');
      return new Context({ terminal, checkout: CHECKOUT, version: VERSION });
    },
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

class Collected extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.#pieces.push(piece);
    done();
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString();
  }
}

/** In its place: what the system and other modules see is the process's own. */
function setEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}

function ofTests(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^(VITEST|NODE_ENV$|TEST$)/.test(name)));
}
