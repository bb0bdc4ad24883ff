/** A database of SQLite whose process is stopped, written anew without what was deleted from it. */
import { lstatSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** @returns what is wrong, a sentence; null where it was done or there is none */
export function overwriteDatabase(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (!stats.isFile()) return `${path} is no plain file.`; // the agent's shell writes there
  try {
    using database = new DatabaseSync(path, { timeout: 5000 });
    database.exec('VACUUM');
    // Of a file in another mode there is no log, and this does nothing.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return null;
  } catch (error) {
    return `${path} cannot be written anew: ${(error as Error).message}.`;
  }
}
