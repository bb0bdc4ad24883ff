/** SQL of the numbered event log of each turn. */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { Database } from './database.ts';

export interface EventRow {
  /** The turn's place in the order of arrival. */
  turn: number;
  id: number;
  type: string;
  /** JSON */
  data: string;
}

export class EventStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert(rows: readonly EventRow[]): void {
    const statement = this.#db.sql('INSERT INTO events (turn, id, type, data) VALUES (?, ?, ?, ?)');
    for (const row of rows) statement.run(row.turn, row.id, row.type, row.data);
  }

  after(turn: number, id: number): EventRow[] {
    return this.#db
      .sql('SELECT turn, id, type, data FROM events WHERE turn = ? AND id > ? ORDER BY id')
      .all(turn, id) as unknown as EventRow[];
  }

  lastId(turn: number): number {
    return Number(this.#db.sql('SELECT max(id) AS id FROM events WHERE turn = ?').get(turn)?.id ?? 0);
  }

  lastType(turn: number): NumberedEvent['type'] | null {
    const row = this.#db.sql('SELECT type FROM events WHERE turn = ? ORDER BY id DESC LIMIT 1').get(turn);
    return row ? (row.type as NumberedEvent['type']) : null;
  }

  ofType<T extends NumberedEvent['type']>(
    turn: number,
    type: T,
  ): Extract<NumberedEvent, { type: T }>['data'][] {
    return this.#db
      .sql('SELECT data FROM events WHERE turn = ? AND type = ? ORDER BY id')
      .all(turn, type)
      .map((row) => JSON.parse(String(row.data)));
  }

  /** Drops the logs of turns that ended before `time`. */
  forgetFinishedBefore(time: number): void {
    this.#db.sql('DELETE FROM events WHERE turn IN (SELECT seq FROM turns WHERE finished_at < ?)').run(time);
  }
}
