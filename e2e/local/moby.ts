/** The product as its user has it: the launcher, in local mode, on a data directory and ports of its own. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAUNCHER = join(ROOT, 'mobyclaw');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Of a command that runs. */
interface Watch {
  onStart?: (pid: number) => void;
  /** What it has written to standard error up to now. */
  onStderr?: (text: string) => void;
}

export interface Moby {
  readonly home: string;
  readonly port: number;
  /** Runs the launcher to its end. */
  cli(
    args: readonly string[],
    options?: { stdin?: string; env?: Record<string, string> } & Watch,
  ): Promise<Finished>;
  /** Process ids of the running parts. */
  pid(part: 'memory' | 'agent' | 'gateway'): number;
}

/** Not started yet; stopped when the test is over. */
export async function newMoby(env: Record<string, string> = {}, launcher = LAUNCHER): Promise<Moby> {
  const home = temporaryFolder();
  const port = await freePort();
  const envFile = join(temporaryFolder(), 'settings.env');
  writeFileSync(envFile, '', { mode: 0o600 });
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: temporaryFolder(),
    MOBYCLAW_HOME: home,
    MOBYCLAW_PORT: String(port),
    MOBYCLAW_AGENT: 'embedded',
    MOBYCLAW_ENV_FILE: envFile,
    ...env,
  };
  const cli: Moby['cli'] = (args, options = {}) =>
    run(launcher, args, { ...environment, ...options.env }, options.stdin ?? '', options);
  onTestFinished(async () => {
    await cli(['down']);
  }, 60_000);
  return {
    home,
    port,
    cli,
    pid(part) {
      const state = JSON.parse(readFileSync(join(home, 'run/local.json'), 'utf8')) as {
        parts: { name: string; pid: number }[];
      };
      const found = state.parts.find(({ name }) => name === part);
      if (!found) throw new Error(`${part} is not in run/local.json`);
      return found.pid;
    },
  };
}

function run(
  launcher: string,
  args: readonly string[],
  env: Record<string, string>,
  stdin: string,
  { onStart, onStderr }: Watch,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(launcher, args, { env, stdio: 'pipe' });
    if (child.pid !== undefined) onStart?.(child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(stderr);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(stdin);
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
