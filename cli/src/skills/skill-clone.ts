/**
 * Fetches a repository by the git of this machine, with the owner's own access, so that nothing in it is executed: no hook, no
 * submodule, no template, no large-file program, no transport that is a command.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;

const ADDRESS = /^(?:https|ssh|file):\/\/[^\s-]|^[\w.-]+@[\w.-]+:[^\s-]/;

export function isRepository(source: string): boolean {
  return ADDRESS.test(source);
}

/** @param source an address, and `#` and a branch or tag after it where another is wanted than its first. @throws CliError */
export async function cloneInto(folder: string, source: string, env: NodeJS.ProcessEnv): Promise<void> {
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
  try {
    await run('git', args, {
      timeout: TIMEOUT_MS,
      env: { ...env, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1', LC_ALL: 'C' },
    });
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const said = code === 'ENOENT' ? 'there is no git on this machine' : stderr.trim().split('\n').at(-1);
    throw new CliError(`${address} cannot be fetched: ${said || 'it took too long'}.`, { cause: error });
  }
}
