/** SQL of the conversation history and its full-text index. */
import type { Database } from './database.ts';

export type MessageRole = 'user' | 'assistant' | 'marker';

export interface NewMessage {
  session: string;
  turn: string;
  role: MessageRole;
  text: string;
  incomplete?: boolean;
  at: number;
}

export interface MessageRow extends NewMessage {
  id: number;
  incomplete: boolean;
}

export interface HitRow extends MessageRow {
  snippet: string;
  /** Higher is better. */
  score: number;
}

export class MessageStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert(message: NewMessage): number {
    const { lastInsertRowid } = this.#db
      .sql('INSERT INTO messages (session, turn, role, text, incomplete, at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(
        message.session,
        message.turn,
        message.role,
        message.text,
        Number(message.incomplete ?? false),
        message.at,
      );
    return Number(lastInsertRowid);
  }

  /** The newest `limit` messages with an id in (after, before), oldest first. */
  recent(session: string, limit: number, range: { after?: number; before?: number } = {}): MessageRow[] {
    return this.#db
      .sql('SELECT * FROM messages WHERE session = ? AND id > ? AND id < ? ORDER BY id DESC LIMIT ?')
      .all(session, range.after ?? 0, range.before ?? Number.MAX_SAFE_INTEGER, limit)
      .map(toMessage)
      .reverse();
  }

  lastId(session: string): number {
    return Number(this.#db.sql('SELECT max(id) AS id FROM messages WHERE session = ?').get(session)?.id ?? 0);
  }

  /** The first message of a turn, with which its exchange begins. */
  firstOfTurn(session: string, turn: string): MessageRow | null {
    const row = this.#db
      .sql('SELECT * FROM messages WHERE session = ? AND turn = ? ORDER BY id LIMIT 1')
      .get(session, turn);
    return row ? toMessage(row) : null;
  }

  count(session: string): number {
    const row = this.#db
      .sql(`SELECT count(*) AS n FROM messages WHERE session = ? AND role <> 'marker'`)
      .get(session);
    return Number(row?.n);
  }

  /**
   * Messages that hold all words of `query`, the last one as a prefix, best first.
   * @param session only in that one
   */
  search(query: string, limit: number, session: string | null = null): HitRow[] {
    const match = toMatch(query);
    if (match === '') return [];
    return this.#db
      .sql(
        `SELECT messages.*, snippet(messages_fts, 0, '«', '»', '…', 24) AS snippet, -bm25(messages_fts) AS score
         FROM messages_fts JOIN messages ON messages.id = messages_fts.rowid
         WHERE messages_fts MATCH ?1 AND (?2 IS NULL OR messages.session = ?2)
         ORDER BY score DESC, messages.id DESC LIMIT ?3`,
      )
      .all(match, session, limit)
      .map((row) => ({ ...toMessage(row), snippet: String(row.snippet), score: Number(row.score) }));
  }
}

/** A person's words as an FTS5 expression in which nothing is an operator. */
function toMatch(query: string): string {
  const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word, index) => `"${word}"${index === words.length - 1 ? '*' : ''}`).join(' ');
}

function toMessage(row: Record<string, unknown>): MessageRow {
  return {
    id: Number(row.id),
    session: String(row.session),
    turn: String(row.turn),
    role: row.role as MessageRole,
    text: String(row.text),
    incomplete: row.incomplete === 1,
    at: Number(row.at),
  };
}
