/**
 * What of the data directory is in a backup: everything but what belongs to the running processes (run/, but for the
 * chat's history), what can be made again (the search index, the fitted soul.yaml) and older backups. Links are followed:
 * what they lead to is what the owner sees there.
 */
import type { Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface DataFile {
  /** Inside the data directory, with `/`. */
  path: string;
  absolute: string;
  kind: 'file' | 'folder' | 'database';
  mode: number;
  mtime: Date;
}

const LEFT_OUT = [
  /^run\/(?!chat-history$)/,
  /^backups(\/|$)/,
  /^memory\/\.index(\/|$)/,
  /^sessions\/engine(\/|$)/,
  /(^|\/)\.(tmp|backup)-[^/]*$/,
  /\.lock(-[a-z]+)?$/,
];

const SQLITE_MAGIC = Buffer.from('SQLite format 3\0');

/** @param without absolute paths of files that are no part of it, such as the archive itself */
export async function dataFiles(root: string, without: readonly string[] = []): Promise<DataFile[]> {
  const found: DataFile[] = [];
  await collect(root, '', new Set([await realpath(root)]), without, found);
  const databases = new Set(found.filter(({ kind }) => kind === 'database').map(({ path }) => path));
  // A database's log and index of it are in its copy.
  return found.filter(
    ({ path }) => !databases.has(path.replace(/-(wal|shm|journal)$/, '')) || databases.has(path),
  );
}

async function collect(
  root: string,
  folder: string,
  above: ReadonlySet<string>,
  without: readonly string[],
  found: DataFile[],
): Promise<void> {
  for (const name of (await readdir(join(root, folder))).toSorted()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const absolute = join(root, path);
    if (LEFT_OUT.some((rule) => rule.test(path)) || without.includes(absolute)) continue;
    const stats = await statIfThere(absolute);
    if (stats === null) continue;
    const entry = { path, absolute, mode: stats.mode & 0o777, mtime: stats.mtime };
    if (stats.isDirectory()) {
      const real = await realpath(absolute);
      if (above.has(real)) continue; // a link to a folder that it lies in
      found.push({ ...entry, kind: 'folder' });
      await collect(root, path, new Set([...above, real]), without, found);
    } else if (stats.isFile()) {
      found.push({ ...entry, kind: (await isDatabase(absolute)) ? 'database' : 'file' });
    }
  }
}

/** @returns null for what is gone meanwhile, and for a link that leads nowhere */
async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function isDatabase(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  const head = Buffer.alloc(SQLITE_MAGIC.length);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return bytesRead === head.length && head.equals(SQLITE_MAGIC);
}
