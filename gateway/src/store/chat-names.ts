/**
 * What chats are called now. A platform may go on with a chat under another key: Telegram when a group becomes a supergroup,
 * WhatsApp when the number behind a hidden id becomes known. `rename` moves all that names the chat, its topics too, in the
 * caller's transaction; `current` answers for whoever still has the key from before: a turn that runs, the settings, the model.
 *
 * Every column that names a chat has to stand here; `chat-names.test.ts` goes over the schema and asks for what is missing.
 * Keys of the inbox and of arrivals keep the name they came with: a new chat counts its messages from 1 again, and under
 * one name the fifth message of the one would be a repeat of the fifth of the other.
 */
import type { Database } from './database.ts';

/** Columns that hold the key of a chat or a conversation. */
export const CHAT_COLUMNS: readonly (readonly [table: string, column: string])[] = [
  ['sessions', 'key'],
  ['turns', 'session'],
  ['turns', 'deliver_channel'],
  ['messages', 'session'],
  ['arrivals', 'channel'],
  ['people', 'channel'],
  ['pairings', 'channel'],
  ['allowed_groups', 'channel'],
  ['closed_groups', 'channel'],
  ['threads', 'channel'],
  ['threads', 'parent'],
  ['deliveries', 'channel'],
  ['live_messages', 'channel'],
  ['spoken_answers', 'channel'],
  ['hooks', 'channel'],
  ['job_runs', 'channel'],
  ['beats', 'channel'],
  ['guest_turns', 'channel'],
  ['questions', 'session'],
  ['questions', 'chat'],
  ['compactions', 'session'],
  ['summaries', 'session'],
  ['renamed_chats', 'current'],
];

/** The same in JSON. */
export const CHAT_FIELDS: readonly (readonly [table: string, column: string, path: string])[] = [
  ['arrivals', 'event', '$.channel'],
  ['arrivals', 'event', '$.parent'],
  ['jobs', 'definition', '$.channel'],
  ['jobs', 'definition', '$.origin'],
  ['job_runs', 'task', '$.channel'],
  ['job_runs', 'task', '$.origin'],
  ['questions', 'answer', '$.chat'],
];

export interface Rename {
  from: string;
  to: string;
  /** The new one counts its messages anew: what was written before cannot be edited, quoted or taken back there. */
  newMessages: boolean;
  /** In milliseconds since the epoch. */
  at: number;
}

export class ChatNames {
  readonly #db: Database;
  #renamed: Map<string, string> | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The key that a chat has now. */
  current(key: string): string {
    const renamed = this.#known();
    if (renamed.size === 0) return key;
    const whole = renamed.get(key);
    if (whole !== undefined) return whole;
    const at = key.indexOf(':topic:');
    const group = at === -1 ? undefined : renamed.get(key.slice(0, at));
    return group === undefined ? key : group + key.slice(at);
  }

  /** The key that a chat had at first, under which memory keeps what its guests wanted remembered. */
  first(key: string): string {
    const [chat = key] = key.split(':topic:', 1);
    const before = this.#db.sql(
      'SELECT channel FROM renamed_chats WHERE current = ? ORDER BY renamed_at, channel LIMIT 1',
    );
    for (const part of new Set([key, chat])) {
      const row = before.get(part);
      if (row !== undefined) return String(row.channel) + key.slice(part.length);
    }
    return key;
  }

  /** The id that a person has now. */
  currentUser(platform: string, user: string): string {
    const known = this.#known().get(`${platform}:${user}`);
    return known === undefined ? user : known.slice(platform.length + 1);
  }

  /**
   * Moves all that names the chat, within the caller's transaction.
   * @returns whether there was anything: of chats that nobody knows nothing is kept
   */
  rename({ from, to, newMessages, at }: Rename): boolean {
    if (from === to) return false;
    const names = { from, to };
    if (newMessages) this.#leaveMessages(from);
    this.#makeRoom(names);
    let moved = 0;
    for (const [table, column] of CHAT_COLUMNS) moved += this.#moveColumn(table, column, names);
    for (const field of CHAT_FIELDS) moved += this.#moveField(field, names);
    this.#db.sql('DELETE FROM closed_groups WHERE channel IN (SELECT channel FROM allowed_groups)').run();
    if (moved > 0) this.#note(from, to, at);
    return moved > 0;
  }

  /** The same of a person. What was granted to either id is granted to the one person. */
  renameUser(platform: string, from: string, to: string, at: number): void {
    const rank = (user: string): number => {
      const row = this.#db.sql('SELECT role FROM people WHERE platform = ? AND user = ?').get(platform, user);
      return row ? ['owner', 'guest', null].indexOf(row.role as string | null) : 3;
    };
    const less = rank(from) < rank(to) ? to : from;
    if (rank(from) < 3 && rank(to) < 3) {
      this.#db.sql('DELETE FROM people WHERE platform = ? AND user = ?').run(platform, less);
    }
    let moved = 0;
    for (const table of ['people', 'pairings']) {
      const move = this.#db.sql(`UPDATE ${table} SET user = ? WHERE platform = ? AND user = ?`);
      moved += Number(move.run(to, platform, from).changes);
    }
    this.#db
      .sql(
        `UPDATE arrivals SET event = json_set(event, '$.sender.id', ?1)
         WHERE key LIKE ?3 || ':%' AND event ->> '$.sender.id' = ?2`,
      )
      .run(to, from, platform);
    if (moved > 0 || rank(to) < 3) this.#note(`${platform}:${from}`, `${platform}:${to}`, at);
  }

  /** A transaction that renamed something has failed. */
  forget(): void {
    this.#renamed = null;
  }

  #known(): Map<string, string> {
    this.#renamed ??= new Map(
      this.#db
        .sql('SELECT channel, current FROM renamed_chats')
        .all()
        .map((row) => [String(row.channel), String(row.current)]),
    );
    return this.#renamed;
  }

  #note(from: string, to: string, at: number): void {
    this.#db.sql('DELETE FROM renamed_chats WHERE channel = ?').run(to); // it may go back to a name it had
    this.#db
      .sql(
        `INSERT INTO renamed_chats (channel, current, renamed_at) VALUES (?, ?, ?)
         ON CONFLICT (channel) DO UPDATE SET current = excluded.current, renamed_at = excluded.renamed_at`,
      )
      .run(from, to, at);
    this.#renamed = null;
  }

  /** What is under way there begins as new messages. */
  #leaveMessages(from: string): void {
    const here = under('channel');
    const waiting = `(SELECT seq FROM deliveries WHERE state <> 'done' AND ${here})`;
    for (const change of [
      `UPDATE turns SET deliver_reply_to = NULL WHERE state IN ('queued', 'running') AND ${under('deliver_channel')}`,
      `UPDATE delivery_parts SET state = 'sent' WHERE action = 'remove' AND state = 'pending' AND delivery IN ${waiting}`,
      `UPDATE delivery_parts SET action = 'send', message = NULL
       WHERE action = 'edit' AND state = 'pending' AND delivery IN ${waiting}`,
      `UPDATE deliveries SET reply_to = NULL WHERE ${here}`,
      `UPDATE spoken_answers SET reply_to = NULL WHERE ${here}`,
      `UPDATE delivery_parts SET message = NULL
       WHERE delivery IN (SELECT seq FROM deliveries WHERE question IS NOT NULL AND ${here})`,
      `DELETE FROM live_messages WHERE ${here}`,
    ])
      this.#db.sql(change).run({ from });
  }

  /** Where both names are known, one row stays: of conversations the one that was used last, else that of the new name. */
  #makeRoom({ from, to }: { from: string; to: string }): void {
    this.#db
      .sql(
        `DELETE FROM sessions WHERE EXISTS (SELECT 1 FROM sessions AS before
           WHERE ${under('before.key')} AND ${renamed('before.key')} = sessions.key
             AND before.last_active_at > sessions.last_active_at)`,
      )
      .run({ from, to });
    for (const [table, column] of [
      ['sessions', 'key'],
      ['allowed_groups', 'channel'],
      ['closed_groups', 'channel'],
      ['threads', 'channel'],
      ['guest_turns', 'channel'],
      ['summaries', 'session'],
    ]) {
      this.#db
        .sql(
          `DELETE FROM ${table} WHERE ${under(`${column}`)} AND ${renamed(`${column}`)} IN (SELECT ${column} FROM ${table})`,
        )
        .run({ from, to });
    }
  }

  #moveColumn(table: string, column: string, names: { from: string; to: string }): number {
    const move = `UPDATE ${table} SET ${column} = ${renamed(column)} WHERE ${under(column)}`;
    return Number(this.#db.sql(move).run(names).changes);
  }

  #moveField(
    [table, column, path]: readonly [string, string, string],
    names: { from: string; to: string },
  ): number {
    const value = `(${column} ->> '${path}')`;
    const move = `UPDATE ${table} SET ${column} = json_set(${column}, '${path}', ${renamed(value)}) WHERE ${under(value)}`;
    return Number(this.#db.sql(move).run(names).changes);
  }
}

/** The chat itself, or a topic of it; as a range, so that an index serves. `;` is the character after `:`. */
function under(column: string): string {
  return `(${column} = :from OR (${column} >= :from || ':topic:' AND ${column} < :from || ':topic;'))`;
}

function renamed(column: string): string {
  return `(:to || substr(${column}, length(:from) + 1))`;
}
