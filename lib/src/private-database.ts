/**
 * Files of SQLite that hold what people said are the owner's alone, under whatever umask the process runs. SQLite gives its
 * companions the mode of the database itself, so that one is enough where it is new.
 */
import { chmodSync, closeSync, lstatSync, openSync } from 'node:fs';

const COMPANIONS = ['-wal', '-shm', '-journal'];
const OTHERS = 0o077;

/** What keeps SQLite from the file as well, which then says so in the words of its caller; or no file is there, or is by now. */
const LEFT_TO_SQLITE = new Set([
  'EEXIST',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EROFS',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOSPC',
  'EDQUOT',
]);

/**
 * Makes the database where there is none, and takes others' rights to it and its companions away. To be called before it
 * is opened. A link is left as it is, and so is what belongs to somebody else.
 */
export function makePrivateDatabase(path: string): void {
  leaving(() => closeSync(openSync(path, 'wx', 0o600)));
  mendPrivateDatabase(path);
}

/**
 * The same for a database that another program makes; it is not made here. Nothing is opened: to close a file takes this
 * process the locks that SQLite has on it.
 */
export function mendPrivateDatabase(path: string): void {
  for (const companion of ['', ...COMPANIONS]) leaving(() => takeRights(`${path}${companion}`));
}

function takeRights(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true && (stats.mode & OTHERS) !== 0) chmodSync(path, stats.mode & ~OTHERS & 0o777);
}

function leaving(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!LEFT_TO_SQLITE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
