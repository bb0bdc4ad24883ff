/**
 * One process per data folder. The lock is SQLite's own exclusive lock on a small file, held for the life of the
 * process: the kernel frees it at any kind of death, so there is no stale pid file to judge.
 */
import { DatabaseSync } from 'node:sqlite';

export class AlreadyLockedError extends Error {
  override name = 'AlreadyLockedError';
}

export interface ProcessLock {
  release(): void;
}

const SQLITE_BUSY = 5; // primary result code, https://www.sqlite.org/rescode.html

/**
 * @param path the lock file; its folder must exist
 * @throws AlreadyLockedError where another process holds it
 */
export function acquireProcessLock(path: string): ProcessLock {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) {
      throw new AlreadyLockedError(`another process holds ${path}`, { cause: error });
    }
    throw error;
  }
  return { release: () => database.close() };
}
