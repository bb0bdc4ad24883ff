/**
 * Names of files that look the same and are written in different code points: macOS and what comes from it write `é` as
 * two (NFD), models and keyboards as one (NFC), and most file systems take them for two names.
 */
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';

/**
 * @returns the name as an entry of the folder has it: `name` itself where there is such a one or none at all, else the one
 * that differs in its code points alone
 * @throws the file system's error, where the folder cannot be read
 */
export async function spelledIn(folder: string, name: string): Promise<string> {
  if (/^\p{ASCII}*$/u.test(name) || (await exists(join(folder, name)))) return name;
  const composed = name.normalize('NFC');
  const entries = await readdir(folder);
  return entries.find((entry) => entry.normalize('NFC') === composed) ?? name;
}

/** The same for each name of a path; one that leads nowhere is left as it is. */
export async function spelledPath(path: string): Promise<string> {
  if (/^\p{ASCII}*$/u.test(path) || (await exists(path))) return path;
  const { root } = parse(path);
  const above = dirname(path);
  if (above === path || path === root) return path;
  const folder = await spelledPath(above);
  try {
    return join(folder, await spelledIn(folder, path.slice(above === root ? root.length : above.length + 1)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return path;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'ENAMETOOLONG') return false;
    throw error;
  }
}
