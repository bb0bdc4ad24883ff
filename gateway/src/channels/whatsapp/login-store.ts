/**
 * The login of this device at WhatsApp, the state of its encrypted sessions, what it sent of late (a phone that could not
 * read a message asks for it again), and what has come in and is not worked on yet. One SQLite file for the owner alone, in
 * the place of 800 files: each change is on disk, whole, when the call returns, because a session whose state went back in
 * time cannot read or write any more.
 *
 * One process at a time; the gateway's lock sees to it. Once closed it forgets what it is told: the library may still be
 * finishing something.
 */
import { DatabaseSync } from 'node:sqlite';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';
import type { Baileys, WaContent, WaCredentials, WaKeyChanges } from './library.ts';

const SENT_MS = 14 * 86_400_000; // longer than a phone is off
const JOURNAL_MS = 86_400_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS auth (type TEXT, id TEXT, value TEXT NOT NULL, PRIMARY KEY (type, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sent (id TEXT PRIMARY KEY, at INTEGER NOT NULL, message BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS arriving (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, at INTEGER NOT NULL, stanza BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS decrypted (hash TEXT PRIMARY KEY, at INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS resumed (id TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS expirations (chat TEXT PRIMARY KEY, seconds INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
`;

export class LoginStore {
  readonly #database: DatabaseSync;
  readonly #baileys: Baileys;

  /** @throws the error of SQLite, where the file is damaged or not ours */
  constructor(path: string, baileys: Baileys) {
    makePrivateDatabase(path);
    this.#baileys = baileys;
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    this.#database.exec(SCHEMA);
  }

  /** The credentials of a device that a phone has accepted, or fresh ones: what a pairing left half done is of no use. */
  credentials(): WaCredentials {
    const known = this.#read('creds', '') as WaCredentials | null;
    return known?.account ? known : this.#baileys.initAuthCreds();
  }

  saveCredentials(credentials: WaCredentials): void {
    this.#write({ creds: { '': credentials } });
  }

  /** What the library keeps its keys in. */
  readonly keys = {
    get: (type: string, ids: string[]): Record<string, unknown> => {
      const found: Record<string, unknown> = {};
      for (const id of ids) {
        const value = this.#read(type, id);
        if (value === null) continue;
        const { AppStateSyncKeyData } = this.#baileys.proto.Message;
        found[id] = type === 'app-state-sync-key' ? AppStateSyncKeyData.fromObject(value) : value;
      }
      return found;
    },
    set: (changes: WaKeyChanges): void => this.#write(changes),
  };

  /** This device was logged out: nothing of it is of use any more. */
  clear(): void {
    this.#open?.exec(
      'DELETE FROM auth; DELETE FROM sent; DELETE FROM arriving; DELETE FROM decrypted; DELETE FROM expirations',
    );
  }

  rememberSent(id: string, message: WaContent, now: number): void {
    const data = this.#baileys.proto.Message.encode(message).finish();
    this.#open?.prepare('INSERT OR REPLACE INTO sent VALUES (?, ?, ?)').run(id, now, data);
  }

  /** @returns when it was sent first, in milliseconds since the epoch, and what it was; null where that is long ago */
  sent(id: string): { at: number; message: WaContent } | null {
    const row = this.#open?.prepare('SELECT at, message FROM sent WHERE id = ?').get(id);
    if (!row) return null;
    return { at: Number(row.at), message: this.#baileys.proto.Message.decode(row.message as Uint8Array) };
  }

  arrives(id: string, stanza: Uint8Array, now: number): void {
    this.#open
      ?.prepare('INSERT OR IGNORE INTO arriving (id, at, stanza) VALUES (?, ?, ?)')
      .run(id, now, stanza);
  }

  arrived(id: string): void {
    this.#open?.prepare('DELETE FROM arriving WHERE id = ?').run(id);
    this.readable(id);
    if (this.#arriving() === 0) this.#open?.exec('DELETE FROM decrypted');
  }

  /** Counts on disk, before it is tried. @returns how often this stanza was taken up again, this time included */
  resumes(id: string): number {
    const row = this.#open
      ?.prepare(
        'INSERT INTO resumed VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1 RETURNING times',
      )
      .get(id);
    return Number(row?.times ?? 0);
  }

  /** The library came to the end of it, so it is not what ends the process. */
  readable(id: string): void {
    this.#open?.prepare('DELETE FROM resumed WHERE id = ?').run(id);
  }

  /** Stanzas that a process before has received and not worked on, in their order. */
  unfinished(): { id: string; stanza: Uint8Array }[] {
    const rows = this.#open?.prepare('SELECT id, stanza FROM arriving ORDER BY seq').all() ?? [];
    return rows.map(({ id, stanza }) => ({ id: String(id), stanza: stanza as Uint8Array }));
  }

  rememberDecrypted(hash: string, data: Uint8Array, now: number): void {
    this.#open?.prepare('INSERT OR REPLACE INTO decrypted VALUES (?, ?, ?)').run(hash, now, data);
  }

  decrypted(hash: string): Uint8Array | null {
    const row = this.#open?.prepare('SELECT data FROM decrypted WHERE hash = ?').get(hash);
    return row ? (row.data as Uint8Array) : null;
  }

  /**
   * After how many seconds messages of a chat disappear; 0: they stay.
   * @param at when that was said, in milliseconds since the epoch; what is older than what is known does not count
   */
  noteExpiration(chat: string, seconds: number, at: number): void {
    if (this.expiration(chat) === seconds) return;
    this.#open
      ?.prepare(
        `INSERT INTO expirations VALUES (?, ?, ?) ON CONFLICT (chat) DO
         UPDATE SET seconds = excluded.seconds, at = excluded.at WHERE excluded.at >= at`,
      )
      .run(chat, seconds, at);
  }

  expiration(chat: string): number {
    const row = this.#open?.prepare('SELECT seconds FROM expirations WHERE chat = ?').get(chat);
    return Number(row?.seconds ?? 0);
  }

  forgetOld(now: number): void {
    this.#open?.prepare('DELETE FROM sent WHERE at < ?').run(now - SENT_MS);
    this.#open?.prepare('DELETE FROM arriving WHERE at < ?').run(now - JOURNAL_MS);
    this.#open?.prepare('DELETE FROM decrypted WHERE at < ?').run(now - JOURNAL_MS);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  get #open(): DatabaseSync | null {
    return this.#database.isOpen ? this.#database : null;
  }

  #arriving(): number {
    return Number(this.#open?.prepare('SELECT count(*) AS n FROM arriving').get()?.n ?? 0);
  }

  #read(type: string, id: string): unknown {
    const row = this.#open?.prepare('SELECT value FROM auth WHERE type = ? AND id = ?').get(type, id);
    return row ? JSON.parse(String(row.value), this.#baileys.BufferJSON.reviver) : null;
  }

  #write(changes: WaKeyChanges): void {
    const database = this.#open;
    if (!database) return;
    const put = database.prepare('INSERT OR REPLACE INTO auth VALUES (?, ?, ?)');
    const remove = database.prepare('DELETE FROM auth WHERE type = ? AND id = ?');
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const [type, values] of Object.entries(changes)) {
        for (const [id, value] of Object.entries(values)) {
          if (value === null || value === undefined) remove.run(type, id);
          else put.run(type, id, JSON.stringify(value, this.#baileys.BufferJSON.replacer));
        }
      }
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }
}
