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

  /**
   * Drops a part of the logs of turns that ended before `time`.
   * @param after where to go on, 0 at first
   * @param most rows to drop, and turns to look at
   * @returns where to go on; null where nothing is left to drop
   */
  forgetFinishedBefore(time: number, after: number, most: number): number | null {
    const turns = this.#db.sql(TURNS_WITH_LOG).all(after, time, most);
    const statement = this.#db.sql(FORGET_LOG);
    let left = most;
    for (const row of turns) {
      const turn = Number(row.turn);
      if (row.ended === 1) left -= Number(statement.run(turn, turn, left).changes);
      if (left <= 0) return turn - 1;
    }
    return turns.length < most ? null : Number(turns.at(-1)?.turn);
  }
}

/** Steps from turn to turn by the primary key, past all events in between: what is kept of turns does not matter. */
export const TURNS_WITH_LOG = `
  WITH RECURSIVE logged (turn) AS (
    SELECT min(turn) FROM events WHERE turn > ?
    UNION ALL
    SELECT (SELECT min(turn) FROM events WHERE turn > logged.turn) FROM logged WHERE logged.turn IS NOT NULL
  )
  SELECT logged.turn AS turn, coalesce(turns.finished_at < ?, 0) AS ended
  FROM logged CROSS JOIN turns ON turns.seq = logged.turn LIMIT ?`;

/** The oldest first: a log without its end would be waited for. */
export const FORGET_LOG = `
  DELETE FROM events WHERE turn = ? AND id IN (SELECT id FROM events WHERE turn = ? ORDER BY id LIMIT ?)`;
