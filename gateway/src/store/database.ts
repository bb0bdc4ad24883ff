/**
 * Opens gateway.db and runs transactions on it. One process, one connection, so there is never a wait for a lock.
 *
 * Durability is chosen per transaction: `durable` (synchronous=FULL) returns only when the disk has it, for what we
 * have promised to somebody; `relaxed` (NORMAL) survives a kill of the process but may lose its tail at a power cut,
 * for the event log and what can be derived again. Nothing here repairs a damaged file: it is left as it is.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';
import { MIGRATIONS } from './migrations.ts';
import { WalSync } from './wal-sync.ts';

export type StoreErrorCode = 'corrupt' | 'newer-version' | 'no-wal' | 'full' | 'unwritable' | 'io';

export class StoreError extends Error {
  override name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type Durability = 'durable' | 'relaxed';

const INCREMENTAL = 2; // of SQLite's auto_vacuum
const PAGES_AT_ONCE = 500; // 2 MB: some milliseconds
const LEAST_FREE_PAGES = 256; // 1 MB, which the next day needs again

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_PERM = 3;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

export interface OpenOptions {
  /** Largest size of the file in pages; SQLite reports a full disk beyond it. */
  maxPages?: number;
}

/** What a transaction changed: names of subjects such as `jobs`, each with the ids of what changed where somebody asks for them. */
export type Changes = ReadonlyMap<string, ReadonlySet<string>>;

export class Database {
  readonly path: string;
  /** Told after each transaction that changed something, once it is committed. Must not throw. */
  readonly watchers = new Set<(changes: Changes) => void>();
  #changes = new Map<string, Set<string>>();
  readonly #connection: DatabaseSync;
  readonly #wal: WalSync;
  readonly #statements = new Map<string, StatementSync>();
  #durability: Durability = 'durable';
  #open = false;

  /** @throws StoreError naming the file, what is wrong with it and what to do */
  constructor(path: string, options: OpenOptions = {}) {
    this.path = path;
    this.#wal = new WalSync(`${path}-wal`);
    const existed = existsSync(path);
    try {
      makePrivateDatabase(path);
      this.#connection = new DatabaseSync(path, { timeout: 1000 });
      this.#connection.exec(
        'PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000',
      );
      if (!existed) this.#connection.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
      const mode = this.#connection.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
      if (mode !== 'wal') {
        throw new StoreError(
          'no-wal',
          `${path} is on a file system without shared memory (journal mode "${String(mode)}"). Put MOBYCLAW_HOME on a local disk.`,
        );
      }
      this.#connection.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000');
      this.#migrate(existed);
      if (options.maxPages !== undefined)
        this.#connection.exec(`PRAGMA max_page_count = ${options.maxPages}`);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #migrate(existed: boolean): void {
    const version = Number(this.#connection.prepare('PRAGMA user_version').get()?.user_version);
    if (version > MIGRATIONS.length) {
      throw new StoreError(
        'newer-version',
        `${this.path} was written by a newer Mobyclaw (schema ${version}, this one knows ${MIGRATIONS.length}). Upgrade Mobyclaw, or restore a backup made by this version. The file was not touched.`,
      );
    }
    if (version === MIGRATIONS.length) return;
    if (existed && version === 0 && this.#connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get()) {
      throw new StoreError(
        'corrupt',
        `${this.path} is a database, but not one of Mobyclaw's. Move it away and start again.`,
      );
    }
    for (const [index, step] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.transaction('durable', () => {
        this.#connection.exec(step);
        this.#connection.exec(`PRAGMA user_version = ${index + 1}`);
      });
    }
  }

  /** A prepared statement, prepared once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#connection.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /**
   * Runs `work` as one transaction; a nested call joins the outer one. Nothing in `work` may wait.
   * @throws StoreError for the disk's failures, otherwise what `work` throws; either way nothing of it is stored
   */
  transaction<T>(durability: Durability, work: () => T): T {
    if (this.#open) return work();
    try {
      if (durability !== this.#durability) {
        this.#connection.exec(`PRAGMA synchronous = ${durability === 'durable' ? 'FULL' : 'NORMAL'}`);
        this.#durability = durability;
      }
      this.#connection.exec('BEGIN IMMEDIATE');
      this.#open = true;
      const result = work();
      this.#connection.exec('COMMIT');
      this.#open = false;
      this.#tellChanges();
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      this.#changes = new Map();
      throw this.#explain(error);
    } finally {
      this.#open = false;
    }
  }

  /** Notes that the transaction under way, or the statement that follows, changes something that others may be looking at. */
  changed(subject: string, id?: string): void {
    if (this.watchers.size === 0) return;
    const ids = this.#changes.get(subject) ?? new Set();
    if (id !== undefined) ids.add(id);
    this.#changes.set(subject, ids);
    if (!this.#open) queueMicrotask(() => this.#tellChanges());
  }

  #tellChanges(): void {
    if (this.#changes.size === 0) return;
    const changes = this.#changes;
    this.#changes = new Map();
    for (const watcher of [...this.watchers]) watcher(changes);
  }

  /**
   * Writes the whole file anew, so that nothing of what was removed is left in it or in its log.
   * @throws StoreError, where there is no room for a second copy; then the file is as it was
   */
  vacuum(): void {
    try {
      this.#connection.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
      this.#connection.exec('VACUUM');
      this.#connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Whether the file is of a version whose files never grew smaller; `vacuum` changes that. */
  get neverShrinks(): boolean {
    return Number(this.sql('PRAGMA auto_vacuum').get()?.auto_vacuum) !== INCREMENTAL;
  }

  /** Bytes within pages that hold nothing; a row that became shorter leaves them. Reads every page. */
  slack(): number {
    return Number(this.sql('SELECT sum(unused) AS bytes FROM dbstat WHERE aggregate = 1').get()?.bytes ?? 0);
  }

  /** Cuts free pages off the file, in a few milliseconds. @returns whether there are more */
  shrink(): boolean {
    if (this.neverShrinks) return false;
    const free = (): number => Number(this.sql('PRAGMA freelist_count').get()?.freelist_count);
    const before = free();
    if (before < LEAST_FREE_PAGES) return false;
    // Its rows are the pages that were freed, and each must be taken for the next to be.
    this.sql(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all();
    return free() < before;
  }

  /** Bytes of the file and its write-ahead log. */
  size(): number {
    const pages = Number(this.sql('PRAGMA page_count').get()?.page_count);
    const pageSize = Number(this.sql('PRAGMA page_size').get()?.page_size);
    return pages * pageSize;
  }

  /**
   * Resolves when all that was committed before is on disk: what a `relaxed` transaction needs to become a durable one,
   * while the event loop goes on.
   * @throws StoreError where the disk reports an error; then it is not known what it holds
   */
  async synced(): Promise<void> {
    try {
      await this.#wal.synced();
    } catch (cause) {
      throw this.#diskError(cause);
    }
  }

  close(): void {
    this.#wal.close();
    this.#statements.clear();
    this.#connection.close();
  }

  #diskError(cause: unknown): StoreError {
    const message = `The disk that holds ${this.path} reports an error. Check it before going on.`;
    return new StoreError('io', message, { cause });
  }

  #explain(error: unknown): unknown {
    const code = (error as { errcode?: unknown }).errcode;
    if (typeof code !== 'number') return error;
    const cause = { cause: error };
    switch (code & 0xff) {
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
        return new StoreError(
          'corrupt',
          `${this.path} is damaged and was left as it is. Restore a backup, or move the file away to start with an empty history.`,
          cause,
        );
      case SQLITE_FULL:
        return new StoreError(
          'full',
          `The disk that holds ${this.path} is full. Free some space; nothing stored is lost.`,
          cause,
        );
      case SQLITE_PERM:
      case SQLITE_READONLY:
      case SQLITE_CANTOPEN:
        return new StoreError(
          'unwritable',
          `${this.path} cannot be written. Check who owns the folder, its mode, and whether its disk is read-only.`,
          cause,
        );
      case SQLITE_IOERR:
        return this.#diskError(error);
      default:
        return error;
    }
  }
}
