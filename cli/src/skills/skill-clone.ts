/**
 * Fetches a repository by the git of this machine, with the owner's own access, so that nothing in it is executed: no hook, no
 * submodule, no template, no large-file program, no transport that is a command.
 */
import { execFile } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 250;
const MOST_BYTES = 200_000_000; // of what is fetched and what is written of it; a repository of skills has a hundredth of that

const ADDRESS = /^(?:https|ssh|file):\/\/[^\s-]|^[\w.-]+@[\w.-]+:[^\s-]/;

export function isRepository(source: string): boolean {
  return ADDRESS.test(source);
}

/**
 * @param source an address, and `#` and a branch or tag after it where another is wanted than its first
 * @param mostBytes on disk; what becomes larger is given up
 * @throws CliError
 */
export async function cloneInto(
  folder: string,
  source: string,
  env: NodeJS.ProcessEnv,
  mostBytes = MOST_BYTES,
): Promise<void> {
  const [address = '', ref] = source.split('#');
  if (ref?.startsWith('-')) throw new CliError(`"${ref}" is no branch or tag.`);
  const args = [
    ...['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'protocol.ext.allow=never'],
    ...[
      'clone',
      '--quiet',
      '--depth',
      '1',
      '--single-branch',
      '--no-tags',
      '--no-recurse-submodules',
      '--template=',
    ],
    ...(ref === undefined || ref === '' ? [] : ['--branch', ref]),
    ...['--', address, folder],
  ];
  const tooLarge = new AbortController();
  const look = (): void => {
    if (bytesIn(folder) > mostBytes) tooLarge.abort();
  };
  const looking = setInterval(look, LOOK_EVERY_MS);
  try {
    await run('git', args, {
      timeout: TIMEOUT_MS,
      signal: tooLarge.signal,
      env: { ...env, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1', LC_ALL: 'C' },
    });
    look();
    tooLarge.signal.throwIfAborted();
  } catch (error) {
    if (tooLarge.signal.aborted)
      throw new CliError(`${address} is larger than ${mostBytes / 1e6} MB, so it was not fetched.`, {
        cause: error,
      });
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const said = code === 'ENOENT' ? 'there is no git on this machine' : stderr.trim().split('\n').at(-1);
    throw new CliError(`${address} cannot be fetched: ${said || 'it took too long'}.`, { cause: error });
  } finally {
    clearInterval(looking);
  }
}

/** What changes while it is looked at counts as it was, or not. */
function bytesIn(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory() ? bytesIn(path) : (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0);
    }
  } catch {
    return bytes; // git has moved or removed it meanwhile
  }
  return bytes;
}
