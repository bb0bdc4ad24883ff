/** SQL of answers that are to be spoken. A row is there from the end of its turn until the voice note is in the outbox, or given up. */
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export interface NewSpokenAnswer {
  turn: string;
  /** Id of the voice note in the outbox. */
  delivery: string;
  channel: string;
  replyTo: string | null;
  createdAt: number;
}

export interface SpokenAnswerRow extends NewSpokenAnswer {
  tries: number;
  dueAt: number;
}

export class SpeechStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  insert({ turn, delivery, channel, replyTo, createdAt }: NewSpokenAnswer): void {
    this.#db
      .sql(
        `INSERT INTO spoken_answers (turn, delivery, channel, reply_to, due_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(turn, delivery, this.#names.current(channel), replyTo, createdAt, createdAt);
  }

  /** The one that is due first; null where there is none. */
  next(): SpokenAnswerRow | null {
    const row = this.#db.sql('SELECT * FROM spoken_answers ORDER BY due_at, turn LIMIT 1').get();
    return row
      ? {
          turn: String(row.turn),
          delivery: String(row.delivery),
          channel: String(row.channel),
          replyTo: row.reply_to as string | null,
          createdAt: Number(row.created_at),
          tries: Number(row.tries),
          dueAt: Number(row.due_at),
        }
      : null;
  }

  again(turn: string, dueAt: number): void {
    this.#db.sql('UPDATE spoken_answers SET tries = tries + 1, due_at = ? WHERE turn = ?').run(dueAt, turn);
  }

  /** It is in the outbox, or will not be spoken. */
  settle(turn: string): void {
    this.#db.sql('DELETE FROM spoken_answers WHERE turn = ?').run(turn);
  }
}
