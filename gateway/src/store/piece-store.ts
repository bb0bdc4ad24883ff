/** SQL of the pieces that the prompt of a turn was made of, so that a change of one of them leaves the others. */
import type { Database } from './database.ts';

export interface Piece {
  /** Key of its arrival; empty for words that nobody can change, such as those of a voice message. */
  key: string;
  /** What stands between it and the piece before. */
  before: string;
  text: string;
}

export class PieceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert(turn: string, pieces: readonly Piece[], at: number): void {
    const statement =
      'INSERT OR REPLACE INTO turn_pieces (turn, number, key, before, text, at) VALUES (?, ?, ?, ?, ?, ?)';
    for (const [number, { key, before, text }] of pieces.entries()) {
      this.#db.sql(statement).run(turn, number, key, before, text, at);
    }
  }

  /** The turn that a message became, alone or with others, and its words as they are known. */
  find(key: string): { turn: string; text: string } | null {
    const row = this.#db.sql('SELECT turn, text FROM turn_pieces WHERE key = ?').get(key);
    return row ? { turn: String(row.turn), text: String(row.text) } : null;
  }

  /** In their order. */
  of(turn: string): Piece[] {
    const rows = this.#db
      .sql('SELECT key, before, text FROM turn_pieces WHERE turn = ? ORDER BY number')
      .all(turn);
    return rows.map(({ key, before, text }) => ({
      key: String(key),
      before: String(before),
      text: String(text),
    }));
  }

  change(key: string, text: string): void {
    this.#db.sql('UPDATE turn_pieces SET text = ? WHERE key = ?').run(text, key);
  }

  /** Those of turns that are not finished stay. */
  forgetBefore(time: number): void {
    this.#db
      .sql(
        `DELETE FROM turn_pieces WHERE at < ?
         AND turn NOT IN (SELECT id FROM turns INDEXED BY turns_open WHERE state IN ('queued', 'running'))`,
      )
      .run(time);
  }
}
