/**
 * SQL of what becomes of old conversations. What was said stands in the history and in its turn; once nobody asks for the turn as
 * such any more, the history alone has it, and files that were attached are let go by their bytes. Beyond the age that the owner
 * has set, all of it goes.
 */
import type { Database } from './database.ts';

export class AgeStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Takes the texts of turns away that are the next messages from before `time`.
   * @param most messages to look at
   * @returns whether there are more
   */
  keepOnceBefore(time: number, most: number): boolean {
    const upto = Number(this.#db.sql('SELECT upto FROM kept_once').get()?.upto ?? 0);
    const rows = this.#db
      .sql('SELECT id, turn, role, text, at FROM messages WHERE id > ? ORDER BY id LIMIT ?')
      .all(upto, most);
    const old = rows.findIndex(({ at }) => Number(at) >= time);
    const due = old === -1 ? rows : rows.slice(0, old);
    const last = due.at(-1);
    if (last === undefined) return false;
    const prompt = this.#db.sql(
      `UPDATE turns SET prompt = '', prompt_in = ?1, attachments = (
         SELECT json_group_array(json_set(value, '$.data', '')) FROM json_each(attachments) HAVING count(*) > 0)
       WHERE id = ?2 AND prompt = ?3 AND prompt_in IS NULL AND finished_at IS NOT NULL`,
    );
    const answer = this.#db.sql(
      `UPDATE turns SET answer = NULL, answer_in = ?1
       WHERE id = ?2 AND answer = ?3 AND answer_in IS NULL AND finished_at IS NOT NULL`,
    );
    for (const { id, turn, role, text } of due) {
      if (role === 'user') prompt.run(Number(id), String(turn), String(text));
      else if (role === 'assistant') answer.run(Number(id), String(turn), String(text));
    }
    this.#db.sql('UPDATE kept_once SET upto = ?').run(Number(last.id));
    return due.length === most;
  }

  /**
   * Removes messages and turns from before `time`. The newest message stays: its number must not be given out again.
   * @returns whether there may be more
   */
  forgetBefore(time: number, most: number): boolean {
    const messages = this.#db
      .sql(
        `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE id < (SELECT max(id) FROM messages)
           ORDER BY id LIMIT ?1) AND at < ?2`,
      )
      .run(most, time);
    const turns = this.#db
      .sql(
        `DELETE FROM turns WHERE seq IN (SELECT seq FROM turns INDEXED BY turns_finished
           WHERE finished_at IS NOT NULL AND finished_at < ?1 LIMIT ?2)`,
      )
      .run(time, most);
    return messages.changes > 0 || turns.changes > 0;
  }

  /** Conversations that nobody has used since `time` leave their agent session. */
  leaveSessionsBefore(time: number): void {
    this.#db
      .sql(
        'UPDATE sessions SET agent_session = NULL, torn = 0 WHERE agent_session IS NOT NULL AND last_active_at < ?',
      )
      .run(time);
  }

  /** @returns whether there may be more */
  forgetHookDeliveriesBefore(time: number, most: number): boolean {
    const { changes } = this.#db
      .sql(
        `DELETE FROM hook_deliveries WHERE (hook, delivery) IN
           (SELECT hook, delivery FROM hook_deliveries WHERE received_at < ? LIMIT ?)`,
      )
      .run(time, most);
    return changes === most;
  }
}
