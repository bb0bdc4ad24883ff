/**
 * The audit log: `audit.db` in egress's folder, a row for each connection. One that is let through is written when it opens
 * and again when it ends, so that a kill in between hides no host. Rows of the same refusal within a minute are one row, or a
 * program that asks in a loop would fill the disk; the oldest go after 90 days, or sooner where
 * the owner keeps nothing for so long, and beyond 100,000.
 */
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '@mobyclaw/lib/clock';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';
import type { DoorRow } from '@mobyclaw/protocol/egress';
import type { Audit, AuditEntry } from './audit.ts';

const KEPT_MS = 90 * 86_400_000;
const KEPT_ROWS = 100_000;
const SWEEP_EVERY = 1_000; // rows
const SAME_WITHIN_MS = 60_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    turn TEXT,
    bytes_in INTEGER NOT NULL DEFAULT 0,
    bytes_out INTEGER NOT NULL DEFAULT 0,
    times INTEGER NOT NULL DEFAULT 1
  );
  CREATE INDEX IF NOT EXISTS connections_by_host ON connections (host, id);
  PRAGMA user_version = 1;
`;

export interface LogQuery {
  host?: string | undefined;
  verdict?: DoorRow['verdict'] | undefined;
  turn?: string | undefined;
  /** All but those that were let through. */
  refused?: boolean;
  /** Rows with smaller ids. */
  before?: number | undefined;
  limit?: number;
}

export class AuditLog implements Audit {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #onRow: (row: DoorRow) => void;
  readonly #keptMs: number;
  readonly #insert: StatementSync;
  readonly #closeRow: StatementSync;
  readonly #again: StatementSync;
  #sinceSweep = 0;

  /**
   * @param onRow is told each row when it is complete, and again when it counts for one more refusal
   * @param keepMs how long the owner wants it to be kept; null: as long as it ever is
   */
  constructor(folder: string, clock: Clock, onRow: (row: DoorRow) => void, keepMs: number | null = null) {
    const path = join(folder, 'audit.db');
    makePrivateDatabase(path);
    this.#db = new DatabaseSync(path);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256;');
    this.#db.exec(SCHEMA);
    this.#clock = clock;
    this.#onRow = onRow;
    this.#keptMs = Math.min(KEPT_MS, keepMs ?? KEPT_MS);
    this.#insert = this.#db.prepare(
      'INSERT INTO connections (at, host, port, verdict, reason, turn) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#closeRow = this.#db.prepare('UPDATE connections SET bytes_in = ?, bytes_out = ? WHERE id = ?');
    this.#again = this.#db.prepare(
      'UPDATE connections SET times = times + 1 WHERE id = (SELECT id FROM connections WHERE host = ? AND port = ? AND verdict = ? AND reason = ? AND turn IS ? AND at > ? ORDER BY id DESC LIMIT 1) RETURNING id',
    );
    this.sweep();
  }

  open(entry: AuditEntry): ReturnType<Audit['open']> {
    const id = this.#add(entry);
    return {
      close: (bytesIn, bytesOut) => {
        if (!this.#db.isOpen) return; // ended with connections that were open: they are in it without their bytes
        this.#closeRow.run(bytesIn, bytesOut, id);
        this.#tell(id);
      },
    };
  }

  refused(entry: AuditEntry): void {
    const { host, port, verdict, reason, turn = null } = entry;
    const since = this.#clock.now() - SAME_WITHIN_MS;
    const same = this.#again.get(host, port, verdict, reason, turn, since);
    this.#tell(same === undefined ? this.#add(entry) : Number(same.id));
  }

  /** @returns the newest first */
  rows({ host, verdict, turn, refused = false, before, limit = 100 }: LogQuery = {}): DoorRow[] {
    const wanted = this.#db.prepare(
      "SELECT * FROM connections WHERE (?1 IS NULL OR host = ?1) AND (?2 IS NULL OR verdict = ?2) AND (?3 IS NULL OR turn = ?3) AND (?4 IS NULL OR id < ?4) AND (NOT ?5 OR verdict <> 'allowed') ORDER BY id DESC LIMIT ?6",
    );
    return wanted
      .all(host ?? null, verdict ?? null, turn ?? null, before ?? null, refused ? 1 : 0, limit)
      .map(asRow);
  }

  /** Removes what is old. */
  sweep(): void {
    this.#sinceSweep = 0;
    const oldest = this.#clock.now() - this.#keptMs;
    this.#db.prepare('DELETE FROM connections WHERE at < ?').run(oldest);
    this.#db
      .prepare('DELETE FROM connections WHERE id <= (SELECT max(id) FROM connections) - ?')
      .run(KEPT_ROWS);
  }

  close(): void {
    this.#db.close();
  }

  #add({ host, port, verdict, reason, turn }: AuditEntry): number {
    this.#sinceSweep += 1;
    if (this.#sinceSweep >= SWEEP_EVERY) this.sweep();
    const { lastInsertRowid } = this.#insert.run(
      this.#clock.now(),
      host,
      port,
      verdict,
      reason,
      turn ?? null,
    );
    return Number(lastInsertRowid);
  }

  #tell(id: number): void {
    const row = this.#db.prepare('SELECT * FROM connections WHERE id = ?').get(id);
    if (row) this.#onRow(asRow(row));
  }
}

function asRow(row: Record<string, unknown>): DoorRow {
  const times = Number(row.times);
  return {
    id: Number(row.id),
    at: new Date(Number(row.at)).toISOString(),
    host: String(row.host),
    port: Number(row.port),
    verdict: row.verdict as DoorRow['verdict'],
    reason: String(row.reason),
    bytesIn: Number(row.bytes_in),
    bytesOut: Number(row.bytes_out),
    ...(row.turn === null ? {} : { turn: String(row.turn) }),
    ...(times > 1 ? { times } : {}),
  };
}
