/**
 * Folders that hold more than a project: with them Moby's shell reads keys, or writes what the owner's own programs run.
 * Nothing forbids them, but they want a word of the owner's.
 */

import { homedir } from 'node:os';
import { relative, sep } from 'node:path';
import { realPath } from '@mobyclaw/lib/workspace-folders/real-path';
import { UsageError } from '../cli-error.ts';

export const SENSITIVE_FLAG = '--allow-sensitive-folder';

/** Of the machine, with all that is in them. */
const SYSTEM = [
  'usr',
  'bin',
  'sbin',
  'lib',
  'lib32',
  'lib64',
  'boot',
  'run',
  'root',
  'System',
  'Library',
  'Applications',
];

/** @returns what the folder is, to be said after "is"; null where it is one like any other */
export async function sensitivity(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const [folder, home] = (await Promise.all([path, env.HOME || homedir()].map(realPath))) as [string, string];
  const [first = '', ...rest] = partsBelow('/', folder) ?? [];
  const own = partsBelow(home, folder);
  if (own?.length === 0) return 'your home folder, with your keys and what your programs run';
  if (partsBelow(folder, home) !== null) return 'a folder around your home folder';
  if (rest.length === 0) return 'a folder of the whole machine';
  if (folder.split(sep).includes('.git'))
    return 'the inside of a repository, from which your own git runs programs';
  if (own !== null) {
    const [top = ''] = own;
    const theirs = top.startsWith('.') || top === 'bin' || top === 'Library';
    return theirs ? `in ~/${top}, where your programs keep keys, settings, and what they run` : null;
  }
  return SYSTEM.includes(first) ? `in /${first}, which belongs to the machine` : null;
}

/**
 * Has the owner say that a folder is meant.
 * @param said whether a flag says so
 * @param ask where somebody can be asked
 * @returns false where they said no
 * @throws UsageError where nobody can be asked and the flag is missing
 */
export async function isMeant(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  said: boolean,
  ask: { yes(message: string, preset: boolean): Promise<boolean> } | null,
): Promise<boolean> {
  const what = said ? null : await sensitivity(path, env);
  if (what === null) return true;
  if (ask !== null) return ask.yes(`${path} is ${what}. Give it to Moby all the same?`, false);
  throw new UsageError(
    `${path} is ${what}. If it is meant, say so with ${SENSITIVE_FLAG}. Nothing was changed.`,
  );
}

/** @returns the names on the way; null where it is not in there */
function partsBelow(folder: string, path: string): string[] | null {
  const way = relative(folder, path);
  if (way === '..' || way.startsWith(`..${sep}`)) return null;
  return way.split(sep).filter((part) => part !== '');
}
