/** SQL of the conversation history; history-index.ts searches it. */
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

const OPENING_CHARS = 120; // as much as a list shows

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
    this.#db.changed('messages');
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

  /** In all conversations, in the order of the history: what is newer than an id, without the texts. */
  headsAfter(id: number, limit: number): Omit<MessageRow, 'text' | 'incomplete' | 'sentBy' | 'at'>[] {
    return this.#db
      .sql('SELECT id, session, turn, role FROM messages WHERE id > ? ORDER BY id LIMIT ?')
      .all(id, limit)
      .map((row) => ({
        id: Number(row.id),
        session: String(row.session),
        turn: String(row.turn),
        role: row.role as MessageRole,
      }));
  }

  /** In all conversations: what Moby sent by himself after an id, oldest first. */
  sentSince(id: number): MessageRow[] {
    return this.#db
      .sql('SELECT * FROM messages WHERE id > ? AND sent_by IS NOT NULL ORDER BY id')
      .all(id)
      .map(toMessage);
  }

  /** Of the newest message of all conversations; 0 where there is none. */
  newestId(): number {
    return Number(this.#db.sql('SELECT max(id) AS id FROM messages').get()?.id ?? 0);
  }

  /** The oldest `limit` messages from an id on, oldest first. */
  from(session: string, id: number, limit: number): MessageRow[] {
    return this.#db
      .sql('SELECT * FROM messages WHERE session = ? AND id >= ? ORDER BY id LIMIT ?')
      .all(this.#names.current(session), id, limit)
      .map(toMessage);
  }

  /** How the first message of a conversation begins; null where it has none. */
  opening(session: string): string | null {
    const row = this.#db
      .sql(
        `SELECT substr(text, 1, ${OPENING_CHARS}) AS opening FROM messages
         WHERE session = ? AND role <> 'marker' ORDER BY id LIMIT 1`,
      )
      .get(this.#names.current(session));
    return row ? String(row.opening) : null;
  }

  /** What Moby first answered in a conversation; null where he has not yet. */
  firstAnswer(session: string): string | null {
    const row = this.#db
      .sql(
        `SELECT text FROM messages WHERE session = ? AND role = 'assistant' AND sent_by IS NULL ORDER BY id LIMIT 1`,
      )
      .get(this.#names.current(session));
    return row ? String(row.text) : null;
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
}

export function toMessage(row: Record<string, unknown>): MessageRow {
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
