/**
 * Sessions and their messages, in one SQLite file (WAL). Messages are kept in cagent's stored form, so that what
 * `GET /api/sessions/:id` returns is what is on disk. A message row is written when it begins and updated while it
 * streams: a killed process leaves the part of the answer that had been shown.
 *
 * What is deleted gives its room back to the disk: the free pages of the file are cut off a few at a time, between other
 * work, as an old session may hold a hundred megabytes.
 *
 * A file that another program made, or a newer version of this one, is refused and left as it is.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';
import type { Permissions, StoredMessage, StoredSession } from '@mobyclaw/protocol/cagent';

const APPLICATION_ID = 0x4d6f6279; // "Moby"
const SCHEMA_VERSION = 1;
const INCREMENTAL = 2; // of SQLite's auto_vacuum
const PAGES_AT_ONCE = 500; // 2 MB: about a millisecond
const SQLITE_FULL = 13;

const SCHEMA = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    working_dir TEXT,
    tools_approved INTEGER NOT NULL,
    permissions TEXT,
    todos TEXT NOT NULL DEFAULT '[]',
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE messages (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
  ) STRICT, WITHOUT ROWID;
`;

export interface Session {
  id: string;
  title: string;
  workingDir: string | null;
  toolsApproved: boolean;
  permissions: Permissions | null;
  createdAt: string;
}

export interface SessionSummary {
  id: string;
  title: string;
  created_at: string;
  num_messages: number;
  input_tokens: number;
  output_tokens: number;
  working_dir?: string;
}

type Row = Record<string, string | number | null>;

export class SessionStore {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #shrinking = false;

  /** @throws Error naming the file, where it cannot be used */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    makePrivateDatabase(path);
    this.#db = new DatabaseSync(path, { timeout: 5000 });
    try {
      this.#open(path);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #open(path: string): void {
    const version = this.#pragma('user_version');
    const application = this.#pragma('application_id');
    const tables = Number(this.#db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n ?? 0);
    if (tables > 0 && application !== APPLICATION_ID) {
      throw new Error(`${path} is not a session database of this agent; name another file with --session-db`);
    }
    if (version > SCHEMA_VERSION) {
      throw new Error(
        `${path} was written by a newer version of Mobyclaw; update Mobyclaw, or name another file`,
      );
    }
    this.#letItShrink(tables > 0);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    if (version === 0) {
      this.#db.exec(
        `BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
      );
    }
  }

  /** Files of versions that let them grow for ever are written anew once, which is the only way to change this. */
  #letItShrink(written: boolean): void {
    if (this.#pragma('auto_vacuum') === INCREMENTAL) return;
    this.#db.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
    if (!written) return;
    try {
      this.#db.exec('VACUUM');
    } catch (error) {
      // There is no room for a second copy beside the first: the file stays as it is until a start that finds room.
      if ((error as { errcode?: number }).errcode !== SQLITE_FULL) throw error;
    }
  }

  #pragma(name: 'user_version' | 'application_id' | 'auto_vacuum' | 'freelist_count'): number {
    return Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  create(options: {
    workingDir: string | null;
    toolsApproved: boolean;
    permissions: Permissions | null;
    now: Date;
  }): Session {
    const id = randomUUID();
    this.#prepare(
      'INSERT INTO sessions (id, title, working_dir, tools_approved, permissions, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(
      id,
      '',
      options.workingDir,
      options.toolsApproved ? 1 : 0,
      options.permissions === null ? null : JSON.stringify(options.permissions),
      options.now.toISOString(),
    );
    return { id, title: '', ...options, createdAt: options.now.toISOString() };
  }

  get(id: string): Session | null {
    const row = this.#prepare('SELECT * FROM sessions WHERE id = ?').get(id) as Row | undefined;
    if (!row) return null;
    return {
      id,
      title: String(row.title),
      workingDir: row.working_dir === null ? null : String(row.working_dir),
      toolsApproved: row.tools_approved === 1,
      permissions: row.permissions === null ? null : (JSON.parse(String(row.permissions)) as Permissions),
      createdAt: String(row.created_at),
    };
  }

  /** Body of `GET /api/sessions/:id`. */
  stored(id: string): (StoredSession & { thinking: boolean }) | null {
    const row = this.#prepare('SELECT * FROM sessions WHERE id = ?').get(id) as Row | undefined;
    if (!row) return null;
    const messages = this.messages(id);
    return {
      id,
      title: String(row.title),
      ...(messages.length > 0 ? { messages } : {}),
      created_at: String(row.created_at),
      tools_approved: row.tools_approved === 1,
      thinking: false,
      input_tokens: Number(row.input_tokens),
      output_tokens: Number(row.output_tokens),
      ...(row.working_dir === null ? {} : { working_dir: String(row.working_dir) }),
      ...(row.permissions === null
        ? {}
        : { permissions: JSON.parse(String(row.permissions)) as Permissions }),
    };
  }

  list(): SessionSummary[] {
    const rows = this.#prepare(
      `SELECT s.*, (SELECT count(*) FROM messages m WHERE m.session_id = s.id) AS num_messages
       FROM sessions s ORDER BY s.created_at DESC, s.rowid DESC`,
    ).all() as Row[];
    return rows.map((row) => ({
      id: String(row.id),
      title: String(row.title),
      created_at: String(row.created_at),
      num_messages: Number(row.num_messages),
      input_tokens: Number(row.input_tokens),
      output_tokens: Number(row.output_tokens),
      ...(row.working_dir === null ? {} : { working_dir: String(row.working_dir) }),
    }));
  }

  /** @returns false where there is no such session; so do the other changes */
  delete(id: string): boolean {
    const deleted = this.#prepare('DELETE FROM sessions WHERE id = ?').run(id).changes > 0;
    if (deleted) this.#shrinkSoon();
    return deleted;
  }

  #shrinkSoon(): void {
    if (this.#shrinking) return;
    this.#shrinking = true;
    const step = (): void => {
      if (!this.#db.isOpen) return;
      this.#shrinking = this.#shrink();
      if (this.#shrinking) setImmediate(step);
    };
    setImmediate(step);
  }

  /** @returns whether there is more to free */
  #shrink(): boolean {
    try {
      const free = this.#pragma('freelist_count');
      // Its rows are the pages that were freed, and each must be taken for the next to be.
      this.#db.prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all();
      if (this.#pragma('freelist_count') < free) return true;
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)'); // only now the file itself is shorter
    } catch (error) {
      if ((error as { errcode?: number }).errcode === undefined) throw error; // a busy or a full disk: the next deletion goes on
    }
    return false;
  }

  setTitle(id: string, title: string): boolean {
    return this.#prepare('UPDATE sessions SET title = ? WHERE id = ?').run(title, id).changes > 0;
  }

  setPermissions(id: string, permissions: Permissions | null): boolean {
    const json = permissions === null ? null : JSON.stringify(permissions);
    return this.#prepare('UPDATE sessions SET permissions = ? WHERE id = ?').run(json, id).changes > 0;
  }

  setToolsApproved(id: string, approved: boolean): boolean {
    const sql = 'UPDATE sessions SET tools_approved = ? WHERE id = ?';
    return this.#prepare(sql).run(approved ? 1 : 0, id).changes > 0;
  }

  /** Size of the context of the last model call, in tokens. */
  setUsage(id: string, inputTokens: number, outputTokens: number): void {
    this.#prepare('UPDATE sessions SET input_tokens = ?, output_tokens = ? WHERE id = ?').run(
      inputTokens,
      outputTokens,
      id,
    );
  }

  todos(id: string): unknown {
    return JSON.parse(
      String(this.#prepare('SELECT todos FROM sessions WHERE id = ?').get(id)?.todos ?? '[]'),
    );
  }

  setTodos(id: string, todos: unknown): void {
    this.#prepare('UPDATE sessions SET todos = ? WHERE id = ?').run(JSON.stringify(todos), id);
  }

  messages(id: string): StoredMessage[] {
    const sql = 'SELECT message FROM messages WHERE session_id = ? ORDER BY position';
    return this.#prepare(sql)
      .all(id)
      .map((row) => JSON.parse(String(row.message)) as StoredMessage);
  }

  nextPosition(id: string): number {
    const sql = 'SELECT coalesce(max(position) + 1, 0) AS next FROM messages WHERE session_id = ?';
    return Number(this.#prepare(sql).get(id)?.next ?? 0);
  }

  /** Writes the message at `position`, new or again. Does nothing where the session was deleted meanwhile. */
  put(id: string, position: number, message: StoredMessage): void {
    this.#prepare(
      `INSERT INTO messages (session_id, position, message) SELECT ?1, ?2, ?3
       WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1)
       ON CONFLICT (session_id, position) DO UPDATE SET message = excluded.message`,
    ).run(id, position, JSON.stringify(message));
  }

  close(): void {
    this.#db.close();
  }
}
