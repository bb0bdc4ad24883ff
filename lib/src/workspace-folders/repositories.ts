/**
 * The git repositories in a folder of the owner, as far as they lie near: what git there reads its settings and hooks
 * from. Follows no link and stays on one file system, since Moby's shell writes where this looks.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_DEPTH = 6; // folders below the workspace
const MAX_FOLDERS = 5_000; // about what takes half a second on a slow disk
const MAX_REPOSITORIES = 100; // each costs a few mounts at every start

export interface Repositories {
  /** Below the folder: each `.git`, folder or file (of a worktree or submodule), and each bare repository. */
  found: string[];
  /** Each `.git` that is a link, which no mount can hold in its place. */
  links: string[];
  /** Whether there was more than is looked through. */
  more: boolean;
}

export async function findRepositories(root: string): Promise<Repositories> {
  const { dev } = await lstat(root);
  const result: Repositories = { found: [], links: [], more: false };
  let level = [''];
  for (let depth = 0, folders = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (depth > MAX_DEPTH || ++folders > MAX_FOLDERS || result.found.length >= MAX_REPOSITORIES)
        return { ...result, more: true };
      const entries = await entriesOf(join(root, folder), dev);
      if (folder !== '' && isBare(entries)) {
        result.found.push(folder);
        continue;
      }
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.name.toLowerCase() === '.git')
          result[entry.isSymbolicLink() ? 'links' : 'found'].push(path);
        else if (entry.isDirectory() && entry.name !== 'node_modules') next.push(path);
      }
    }
    level = next;
  }
  return result;
}

/** None where it is gone or closed, or on another file system. */
async function entriesOf(folder: string, dev: number): Promise<Dirent[]> {
  try {
    const stats = await lstat(folder);
    if (!stats.isDirectory() || stats.dev !== dev) return [];
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EPERM') return [];
    throw error;
  }
}

/** By what git itself takes for one. */
function isBare(entries: readonly Dirent[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  return ['HEAD', 'objects', 'refs'].every((name) => names.has(name));
}
