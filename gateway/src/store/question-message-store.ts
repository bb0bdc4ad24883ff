/**
 * SQL of the messages that show questions. The delivery that asks a question is of the kind `question` and there once; those
 * of the kind `outcome` bring its message to show what became of it.
 */
import type { Database } from './database.ts';

/** The delivery that asks. */
export interface Asking {
  /** Of the delivery. */
  seq: number;
  question: string;
  channel: string;
  replyTo: string | null;
  /** What its buttons are signed with. */
  buttonKey: string;
}

/** An open question whose message a chat shows, or may show. Times are milliseconds since the epoch. */
export interface Shown {
  question: string;
  /** When it was tried first to show it. */
  at: number;
  /** Since when it is known to be there; null while it is under way. */
  since: number | null;
  /** Moby has said nothing else in the chat since then that could be answered. */
  last: boolean;
}

const ASKING = `SELECT seq, question, channel, reply_to, button_key FROM deliveries WHERE kind = 'question'`;

export class QuestionMessageStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  asking(question: string): Asking | null {
    const row = this.#db.sql(`${ASKING} AND question = ?`).get(question);
    return row ? toAsking(row) : null;
  }

  /** What a message of the chat asks, also where that is settled. @param chat as it is called now */
  askedBy(chat: string, message: string): Asking | null {
    const row = this.#db
      .sql(
        `${ASKING} AND channel = ?
           AND seq IN (SELECT delivery FROM delivery_parts WHERE message = ?) ORDER BY seq DESC LIMIT 1`,
      )
      .get(chat, message);
    return row ? toAsking(row) : null;
  }

  /**
   * Without those of which it is not known whether they arrived, and never will be. What the first try has shown is there
   * since that try. @param chat as it is called now
   */
  shownIn(chat: string): Shown[] {
    return this.#db
      .sql(
        `SELECT d.question, max(p.tried_at) AS at, max(p.tries) AS tries, d.done_at, min(p.state = 'sent') AS sent,
           NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.channel = d.channel AND o.seq > d.seq
             AND o.kind NOT IN ('notice', 'outcome', 'question') AND o.state <> 'new') AS last
         FROM questions q
         JOIN deliveries d ON d.question = q.id AND d.kind = 'question'
         JOIN delivery_parts p ON p.delivery = d.seq AND p.part ->> '$.extras.herald' IS NULL
         WHERE q.state = 'open' AND d.channel = ?
         GROUP BY d.seq HAVING max(p.state IN ('unknown', 'failed')) = 0 AND min(p.tries) > 0 ORDER BY d.seq`,
      )
      .all(chat)
      .map(({ question, at, tries, done_at, sent, last }) => ({
        question: String(question),
        at: Number(at),
        since: sent !== 1 ? null : tries === 1 ? Number(at) : (done_at as number | null),
        last: last === 1,
      }));
  }

  /** Open questions that no message shows yet. */
  unasked(): string[] {
    return this.#db
      .sql(
        `SELECT id FROM questions WHERE state = 'open' AND id NOT IN
           (SELECT question FROM deliveries WHERE question IS NOT NULL) ORDER BY rowid`,
      )
      .all()
      .map(({ id }) => String(id));
  }

  /** Settled questions whose message does not show yet what became of them. */
  untold(): string[] {
    return this.#db
      .sql(
        `SELECT question FROM deliveries d JOIN questions q ON q.id = d.question
         WHERE d.kind = 'question' AND q.state <> 'open' AND NOT EXISTS
           (SELECT 1 FROM deliveries o
            WHERE o.question = d.question AND o.kind = 'outcome' AND o.text = coalesce(q.outcome, ''))
         ORDER BY d.seq`,
      )
      .all()
      .map(({ question }) => String(question));
  }

  /** A message of which it was not known whether it arrived has shown itself. @returns whether it was such a one */
  learn(delivery: number, message: string): boolean {
    const { changes } = this.#db
      .sql(
        `UPDATE delivery_parts SET state = 'sent', message = ?, error = NULL
         WHERE delivery = ? AND action = 'send' AND state = 'unknown'`,
      )
      .run(message, delivery);
    return changes > 0;
  }
}

function toAsking(row: Record<string, unknown>): Asking {
  return {
    seq: Number(row.seq),
    question: String(row.question),
    channel: String(row.channel),
    replyTo: row.reply_to as string | null,
    buttonKey: String(row.button_key),
  };
}
