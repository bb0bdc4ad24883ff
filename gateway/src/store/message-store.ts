/** SQL of the conversation history and its full-text index. */
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export type MessageRole = 'user' | 'assistant' | 'marker';

export interface NewMessage {
  session: string;
  turn: string;
  role: MessageRole;
  text: string;
  incomplete?: boolean;
  /** What made Moby send it by himself, for people; null: it was said in a turn of the conversation. */
  sentBy?: string | null;
  at: number;
}

export interface MessageRow extends NewMessage {
  id: number;
  incomplete: boolean;
  sentBy: string | null;
}

export interface HitRow extends MessageRow {
  snippet: string;
  /** Higher is better. */
  score: number;
}

const MOST_RANKED = 2000; // ranking reads each match, some 4 µs

export class MessageStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  insert(message: NewMessage): number {
    const { lastInsertRowid } = this.#db
      .sql(
        'INSERT INTO messages (session, turn, role, text, incomplete, sent_by, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        this.#names.current(message.session),
        message.turn,
        message.role,
        message.text,
        Number(message.incomplete ?? false),
        message.sentBy ?? null,
        message.at,
      );
    return Number(lastInsertRowid);
  }

  /** The newest `limit` messages with an id in (after, before), oldest first. */
  recent(session: string, limit: number, range: { after?: number; before?: number } = {}): MessageRow[] {
    return this.#db
      .sql('SELECT * FROM messages WHERE session = ? AND id > ? AND id < ? ORDER BY id DESC LIMIT ?')
      .all(this.#names.current(session), range.after ?? 0, range.before ?? Number.MAX_SAFE_INTEGER, limit)
      .map(toMessage)
      .reverse();
  }

  /** When something was last said in a turn of the conversation, and whether that was a marker. */
  lastSaid(session: string): MessageRow | null {
    const row = this.#db
      .sql('SELECT * FROM messages WHERE session = ? AND sent_by IS NULL ORDER BY id DESC LIMIT 1')
      .get(this.#names.current(session));
    return row ? toMessage(row) : null;
  }

  /** What a conversation holds since it last began anew: how often it was asked, and characters of all of it. */
  sinceMarker(session: string): { asked: number; chars: number } {
    const row = this.#db
      .sql(
        `SELECT count(*) FILTER (WHERE role = 'user') AS asked, coalesce(sum(length(text)), 0) AS chars FROM messages
         WHERE session = ?1 AND id > coalesce((SELECT max(id) FROM messages WHERE session = ?1 AND role = 'marker'), 0)`,
      )
      .get(this.#names.current(session));
    return { asked: Number(row?.asked), chars: Number(row?.chars) };
  }

  /** The newest `limit` messages after an id that Moby sent by himself, oldest first. */
  sentAfter(session: string, after: number, limit: number): MessageRow[] {
    return this.#db
      .sql(
        'SELECT * FROM messages WHERE session = ? AND id > ? AND sent_by IS NOT NULL ORDER BY id DESC LIMIT ?',
      )
      .all(this.#names.current(session), after, limit)
      .map(toMessage)
      .reverse();
  }

  lastId(session: string): number {
    return Number(
      this.#db.sql('SELECT max(id) AS id FROM messages WHERE session = ?').get(this.#names.current(session))
        ?.id ?? 0,
    );
  }

  /** The first message of a turn, with which its exchange begins. */
  firstOfTurn(session: string, turn: string): MessageRow | null {
    const row = this.#db
      .sql('SELECT * FROM messages WHERE session = ? AND turn = ? ORDER BY id LIMIT 1')
      .get(this.#names.current(session), turn);
    return row ? toMessage(row) : null;
  }

  count(session: string): number {
    const row = this.#db
      .sql(`SELECT count(*) AS n FROM messages WHERE session = ? AND role <> 'marker'`)
      .get(this.#names.current(session));
    return Number(row?.n);
  }

  /**
   * Messages that hold all words of `query`, the last one as a prefix: best first, or, where so many do that the words
   * tell nothing, newest first and without a score.
   * @param session only in that one
   */
  search(query: string, limit: number, session: string | null = null): HitRow[] {
    const match = toMatch(query);
    if (match === '') return [];
    const within = session && this.#names.current(session);
    const matches = this.#db
      .sql(
        `SELECT messages_fts.rowid AS id FROM messages_fts
         WHERE messages_fts MATCH ?1
           AND (?2 IS NULL OR messages_fts.rowid IN (SELECT id FROM messages WHERE session = ?2))
         ORDER BY messages_fts.rowid DESC LIMIT ?3`,
      )
      .all(match, within, MOST_RANKED + 1);
    if (matches.length > MOST_RANKED) return this.#newest(match, within, limit);
    return this.#hits(match, new Map(this.#best(match, within, limit)));
  }

  /** In one pass: to find the matches of a prefix again for each of them costs as much as to find them all. */
  #newest(match: string, session: string | null, limit: number): HitRow[] {
    return this.#db
      .sql(
        `SELECT messages.*, snippet(messages_fts, 0, '«', '»', '…', 24) AS snippet
         FROM messages_fts CROSS JOIN messages ON messages.id = messages_fts.rowid
         WHERE messages_fts MATCH ?1
           AND (?2 IS NULL OR messages_fts.rowid IN (SELECT id FROM messages WHERE session = ?2))
         ORDER BY messages_fts.rowid DESC LIMIT ?3`,
      )
      .all(match, session, limit)
      .map((row) => ({ ...toMessage(row), snippet: String(row.snippet), score: 0 }));
  }

  #best(match: string, session: string | null, limit: number): (readonly [number, number])[] {
    return this.#db
      .sql(
        `SELECT messages_fts.rowid AS id, -rank AS score FROM messages_fts
         WHERE messages_fts MATCH ?1
           AND (?2 IS NULL OR messages_fts.rowid IN (SELECT id FROM messages WHERE session = ?2))
         ORDER BY rank, messages_fts.rowid DESC LIMIT ?3`,
      )
      .all(match, session, limit)
      .map((row) => [Number(row.id), Number(row.score)] as const);
  }

  /** Passages are cut out of those alone that are shown. @param scores by id, in the order that is wanted */
  #hits(match: string, scores: ReadonlyMap<number, number>): HitRow[] {
    const rows = this.#db
      .sql(
        `SELECT messages.*, snippet(messages_fts, 0, '«', '»', '…', 24) AS snippet
         FROM json_each(?2) AS wanted
           CROSS JOIN messages_fts ON messages_fts.rowid = wanted.value
           CROSS JOIN messages ON messages.id = wanted.value
         WHERE messages_fts MATCH ?1`,
      )
      .all(match, JSON.stringify([...scores.keys()]));
    const byId = new Map(rows.map((row) => [Number(row.id), row]));
    return [...scores].flatMap(([id, score]) => {
      const row = byId.get(id);
      return row ? [{ ...toMessage(row), snippet: String(row.snippet), score }] : [];
    });
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
    sentBy: row.sent_by as string | null,
    at: Number(row.at),
  };
}
