/**
 * The index file `memory/.index/search.db`, and all its SQL. It holds nothing that the Markdown files do not: it may be
 * deleted at any time, a damaged or outdated one is thrown away and built anew, and it is not synced to disk.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';
import type { Chunk } from './chunks.ts';
import { indexable } from './terms.ts';

const SCHEMA_VERSION = 1;

/** Days after which a dated note counts half as much as on its day. Undated files do not age. */
export const HALF_LIFE_DAYS = 30;

const SCHEMA = `
  CREATE TABLE file (name TEXT PRIMARY KEY, stamp TEXT NOT NULL) STRICT;
  CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, day TEXT, line INTEGER NOT NULL,
    section TEXT NOT NULL, content TEXT NOT NULL
  ) STRICT;
  CREATE INDEX chunk_file ON chunk (file);
  CREATE VIRTUAL TABLE words USING fts5 (section, content, tokenize = 'porter unicode61 remove_diacritics 2');
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** bm25() is negative, the lower the better; a heading that names the word counts double. */
const SEARCH = `
  SELECT chunk.file, chunk.line, chunk.section, chunk.content,
    -bm25(words, 2.0, 1.0)
      * pow(0.5, coalesce(max(0, julianday(:today) - julianday(chunk.day)), 0) / ${HALF_LIFE_DAYS}.0) AS score
  FROM words JOIN chunk ON chunk.id = words.rowid
  WHERE words MATCH :match
    AND (chunk.file NOT LIKE 'memory/guests/%' OR :notes IN ('all', chunk.file))
  ORDER BY score DESC, chunk.file, chunk.line
  LIMIT :limit
`;

export interface FoundChunk {
  file: string;
  line: number;
  section: string;
  content: string;
  score: number;
}

export class IndexDatabase {
  readonly #database: DatabaseSync;
  readonly #inode: number;
  readonly #path: string;
  readonly #search: StatementSync;
  readonly #addChunk: StatementSync;
  readonly #addWords: StatementSync;
  readonly #stamps: Map<string, string>;

  /** Opens the index, or makes an empty one where there is none that can be used. */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#database = openUsable(path);
    this.#inode = statSync(path).ino;
    this.#search = this.#database.prepare(SEARCH);
    this.#addChunk = this.#database.prepare(
      'INSERT INTO chunk (file, day, line, section, content) VALUES (?, ?, ?, ?, ?)',
    );
    this.#addWords = this.#database.prepare('INSERT INTO words (rowid, section, content) VALUES (?, ?, ?)');
    const rows = this.#database.prepare('SELECT name, stamp FROM file').all();
    this.#stamps = new Map(rows.map((row) => [String(row.name), String(row.stamp)]));
  }

  /** Whether the file on disk is still the one that is open. */
  get inPlace(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** What each indexed file looked like when it was read; every search asks, so it is kept at hand. */
  get stamps(): ReadonlyMap<string, string> {
    return this.#stamps;
  }

  /** Puts the chunks in the place of what was known of this file. */
  replace(file: string, stamp: string, day: string | null, chunks: readonly Chunk[]): void {
    this.#transaction(() => {
      this.#forget(file);
      for (const { line, section, content } of chunks) {
        const { lastInsertRowid } = this.#addChunk.run(file, day, line, section, content);
        this.#addWords.run(lastInsertRowid, indexable(section), indexable(content));
      }
      this.#database.prepare('INSERT INTO file (name, stamp) VALUES (?, ?)').run(file, stamp);
    });
    this.#stamps.set(file, stamp);
  }

  remove(file: string): void {
    if (!this.#stamps.has(file)) return;
    this.#transaction(() => this.#forget(file));
    this.#stamps.delete(file);
  }

  /**
   * @param today YYYY-MM-DD in the owner's zone
   * @param notes of guests that count: one file, none, or all
   */
  search(match: string, today: string, limit: number, notes: string): FoundChunk[] {
    return this.#search.all({ match, today, limit, notes }).map((row) => ({
      file: String(row.file),
      line: Number(row.line),
      section: String(row.section),
      content: String(row.content),
      score: Number(row.score),
    }));
  }

  close(): void {
    this.#database.close();
  }

  #forget(file: string): void {
    this.#database
      .prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM chunk WHERE file = ?)')
      .run(file);
    this.#database.prepare('DELETE FROM chunk WHERE file = ?').run(file);
    this.#database.prepare('DELETE FROM file WHERE name = ?').run(file);
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function openUsable(path: string): DatabaseSync {
  makePrivateDatabase(path);
  let database = new DatabaseSync(path);
  if (isUsable(database)) return database;
  database.close();
  removeIndex(path);
  makePrivateDatabase(path);
  database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
  database.exec(SCHEMA);
  return database;
}

export function removeIndex(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

function isUsable(database: DatabaseSync): boolean {
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    const version = database.prepare('PRAGMA user_version').get();
    const check = database.prepare('PRAGMA quick_check(1)').get();
    return version?.user_version === SCHEMA_VERSION && check?.quick_check === 'ok';
  } catch (error) {
    if (isSqliteError(error)) return false; // not a database, or a damaged one: all of it can be built anew
    throw error;
  }
}

export function isSqliteError(error: unknown): boolean {
  return (error as { code?: string }).code === 'ERR_SQLITE_ERROR';
}
