/**
 * The file of an index. It holds nothing that its sources do not: it may be deleted at any time, and one that is damaged or
 * of another version is thrown away for an empty one. A kill leaves it whole, by its write-ahead log.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';

/** Of the tables, and of how text is cut into forms: either change makes an index of before worthless. */
const INDEX_VERSION = 5;

/**
 * `found` is fed forms with spaces between, so its tokenizer has nothing left to decide. It keeps positions, since without them
 * and without the text FTS5 cannot count a word, and ranks all alike.
 */
const SCHEMA = `
  CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL) STRICT;
  CREATE TABLE piece (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, seq INTEGER NOT NULL, line INTEGER NOT NULL, at TEXT,
    speaker TEXT, section TEXT NOT NULL, content TEXT NOT NULL, forms TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX piece_place ON piece (source, seq);
  CREATE VIRTUAL TABLE found USING fts5 (
    forms, content = '', contentless_delete = 1, tokenize = 'ascii'
  );
  CREATE TABLE vector (piece INTEGER PRIMARY KEY, model TEXT NOT NULL, parts BLOB NOT NULL) STRICT;
  CREATE TABLE term (form TEXT PRIMARY KEY, pieces INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE gram (gram TEXT PRIMARY KEY, pieces INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE total (pieces INTEGER NOT NULL, forms INTEGER NOT NULL, grams INTEGER NOT NULL) STRICT;
  INSERT INTO total VALUES (0, 0, 0);
  PRAGMA user_version = ${INDEX_VERSION};
`;

/** @returns the index that is there, or an empty one where there is none that can be used */
export function openIndexFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  makePrivateDatabase(path);
  const database = new DatabaseSync(path);
  if (isUsable(database)) return database;
  database.close();
  removeIndexFile(path);
  makePrivateDatabase(path);
  const fresh = new DatabaseSync(path);
  prepare(fresh);
  fresh.exec(`BEGIN; ${SCHEMA}; COMMIT`);
  return fresh;
}

export function removeIndexFile(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_ERROR = 1; // a table that is not there
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether only a new file helps; a full disk, for one, passes. */
export function isDamage(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number };
  const damages = [SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB];
  return code === 'ERR_SQLITE_ERROR' && damages.includes((errcode ?? 0) & 0xff);
}

/**
 * Does the work; where the index turns out to be damaged, once more on a new one.
 * @param throwAway closes it and removes its file
 */
export function repairing<T>(throwAway: () => void, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isDamage(error)) throw error;
    throwAway();
    return work();
  }
}

function isUsable(database: DatabaseSync): boolean {
  try {
    prepare(database);
    return database.prepare('PRAGMA user_version').get()?.user_version === INDEX_VERSION;
  } catch (error) {
    if (isDamage(error)) return false; // all of it can be made again
    throw error;
  }
}

function prepare(database: DatabaseSync): void {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000',
  );
}
