/** What in a folder the owner's own programs run by themselves, as far as its name tells. */
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const NAMES = [
  '.envrc',
  '.vscode',
  '.idea',
  '.devcontainer',
  '.husky',
  '.mise.toml',
  'package.json',
  'Makefile',
];

/** @returns names in the folder, in this order; a folder of hooks that the repository names in its settings too */
export async function selfRun(folder: string): Promise<string[]> {
  const there = await Promise.all(
    NAMES.map(async (name) => ((await isThere(join(folder, name))) ? [name] : [])),
  );
  const hooks = /^\s*hooksPath\s*=\s*"?([^"#;\n]+)/im
    .exec(await textOf(join(folder, '.git/config')))?.[1]
    ?.trim();
  return [...there.flat(), ...(hooks === undefined ? [] : [`${hooks} (hooks of git)`])];
}

async function isThere(path: string): Promise<boolean> {
  return (await orNull(lstat(path))) !== null;
}

async function textOf(path: string): Promise<string> {
  return (await orNull(readFile(path, 'utf8'))) ?? '';
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'ELOOP'].includes(code ?? '')) return null;
    throw error;
  }
}
