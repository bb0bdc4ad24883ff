/** The docker program as a child process, and the images that the tests of the stack share. */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const IMAGE_TAG = 'e2e';
export const COMPOSE_FILE = join(ROOT, 'docker-compose.yml');

const MOST_OUTPUT = 64 * 1024 * 1024;

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `docker` to its end; for tests that look at a failure themselves. */
export function tryDocker(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: MOST_OUTPUT };
    execFile('docker', [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}

/** @returns what it printed; throws with its errors where it failed */
export async function docker(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await tryDocker(args, env);
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}:\n${stderr || stdout}`);
  return stdout;
}

/**
 * Builds the images of the stack with the embedded agent, from a copy of the checkout as somebody with umask 077 has it:
 * no file readable for others. Cached by content, so that the second test file waits only seconds.
 */
export async function buildImages(): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), 'mobyclaw-context-'));
  try {
    cpSync(ROOT, context, {
      recursive: true,
      filter: (path) => !['node_modules', 'dist', '.git'].includes(basename(path)),
    });
    makePrivate(context);
    for (const target of ['embedded', 'gateway', 'memory', 'workspace', 'egress']) {
      const tag = `mobyclaw-${target}:${IMAGE_TAG}`;
      await docker(['buildx', 'build', '--load', '--quiet', '--target', target, '--tag', tag, context]);
    }
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function makePrivate(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makePrivate(path);
    else if (entry.isFile()) chmodSync(path, 0o600);
  }
}
