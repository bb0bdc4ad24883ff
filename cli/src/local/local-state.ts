/** Reads what the background process of local mode says about itself, and whether that process is still there. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type LocalPart, type LocalState, localStateSchema } from '@mobyclaw/protocol/local-state';
import { CliError } from '../cli-error.ts';
import type { DataDirectory } from '../data-directory.ts';

/**
 * @returns null where there is no such file: local mode does not run, or has not come so far
 * @throws CliError where there is one that cannot be read
 */
export function readLocalState(data: DataDirectory): LocalState | null {
  let text: string;
  try {
    text = readFileSync(data.localState, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CliError(`${data.localState} cannot be read (${code}). Run mobyclaw as its owner.`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(data, error);
  }
  const result = localStateSchema.safeParse(value);
  if (!result.success) throw unreadable(data, result.error);
  return result.data;
}

function unreadable(data: DataDirectory, cause: unknown): CliError {
  return new CliError(
    `${data.localState} is not what this version of mobyclaw reads. If no mobyclaw runs, remove it and run ./mobyclaw up`,
    { cause },
  );
}

/** Whether the process that wrote `state` still runs, and not another one that was given its pid. */
export function isAlive(state: LocalState): boolean {
  return isLocalMode(state.pid);
}

/** Whether `pid` is a background process of local mode, judged by its command line. */
export function isLocalMode(pid: number): boolean {
  return /(^|[/\s])local(-main)?\.(js|ts)(\s|$)/.test(commandLine(pid));
}

/** Whether `pid` is what a background process started as the part `name`: one of our bundles, or an agent that serves. */
export function isPart(pid: number, name: LocalPart['name']): boolean {
  const line = commandLine(pid);
  if (name === 'agent')
    return /\sserve api\s/.test(line) || /\bbwrap\s.*\/(sandbox\.js|inside-main\.ts)$/.test(line);
  return new RegExp(`/${name}\\.js(\\s|$)`).test(line);
}

/** @returns '' where there is no such process */
function commandLine(pid: number): string {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ESRCH') return '';
      throw error;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (typeof (error as { status?: unknown }).status === 'number') return ''; // no such process
    throw error;
  }
}
