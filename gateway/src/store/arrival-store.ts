/** SQL of what came in from the platforms: stored before the platform is told, kept as keys for as long as it may come again. */
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export interface ArrivalRow {
  seq: number;
  key: string;
  channel: string;
  /** JSON */
  event: string;
  receivedAt: number;
}

export class ArrivalStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  /** @returns its number; null where it had arrived before */
  insert(key: string, channel: string, event: string | null, receivedAt: number): number | null {
    const { changes, lastInsertRowid } = this.#db
      .sql(
        `INSERT INTO arrivals (key, channel, event, received_at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
      )
      .run(key, this.#names.current(channel), event, receivedAt);
    return changes === 0 ? null : Number(lastInsertRowid);
  }

  has(key: string): boolean {
    return this.#db.sql('SELECT 1 FROM arrivals WHERE key = ?').get(key) !== undefined;
  }

  /** Not worked on yet. */
  open(seq: number): ArrivalRow | null {
    const row = this.#db.sql('SELECT * FROM arrivals WHERE seq = ? AND event IS NOT NULL').get(seq);
    return row ? toArrival(row) : null;
  }

  openByKey(key: string): ArrivalRow | null {
    const row = this.#db.sql('SELECT * FROM arrivals WHERE key = ? AND event IS NOT NULL').get(key);
    return row ? toArrival(row) : null;
  }

  allOpen(): ArrivalRow[] {
    return this.#db.sql('SELECT * FROM arrivals WHERE event IS NOT NULL ORDER BY seq').all().map(toArrival);
  }

  openIn(channel: string): ArrivalRow[] {
    return this.#db
      .sql('SELECT * FROM arrivals WHERE event IS NOT NULL AND channel = ? ORDER BY seq')
      .all(this.#names.current(channel))
      .map(toArrival);
  }

  change(seq: number, event: string): void {
    this.#db.sql('UPDATE arrivals SET event = ? WHERE seq = ? AND event IS NOT NULL').run(event, seq);
  }

  /** @returns how often it was begun with, this time included */
  begin(seq: number): number {
    const row = this.#db.sql('UPDATE arrivals SET tries = tries + 1 WHERE seq = ? RETURNING tries').get(seq);
    return Number(row?.tries ?? 0);
  }

  /** It was not begun with after all. */
  unbegin(seq: number): void {
    this.#db.sql('UPDATE arrivals SET tries = tries - 1 WHERE seq = ? AND event IS NOT NULL').run(seq);
  }

  /** Worked on: the key stays. */
  settle(seq: number): void {
    this.#db.sql('UPDATE arrivals SET event = NULL WHERE seq = ?').run(seq);
  }

  forgetBefore(time: number): void {
    this.#db.sql('DELETE FROM arrivals WHERE received_at < ? AND event IS NULL').run(time);
  }

  remember(platform: string, name: string, value: string): void {
    this.#db
      .sql(
        `INSERT INTO channel_memory (platform, name, value) VALUES (?, ?, ?)
         ON CONFLICT (platform, name) DO UPDATE SET value = excluded.value`,
      )
      .run(platform, name, value);
  }

  recall(platform: string, name: string): string | null {
    const row = this.#db
      .sql('SELECT value FROM channel_memory WHERE platform = ? AND name = ?')
      .get(platform, name);
    return row ? String(row.value) : null;
  }
}

function toArrival(row: Record<string, unknown>): ArrivalRow {
  return {
    seq: Number(row.seq),
    key: String(row.key),
    channel: String(row.channel),
    event: String(row.event),
    receivedAt: Number(row.received_at),
  };
}
