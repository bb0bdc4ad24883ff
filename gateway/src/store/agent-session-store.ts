/** SQL of the agent's sessions that are left: what has to be deleted at the agent, and when it was last swept. */
import type { Database } from './database.ts';

const BACKGROUND = "(key LIKE 'cron:%' OR key LIKE 'webhook:%' OR key LIKE 'heartbeat:%')";

export class AgentSessionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those that no conversation uses and nothing is still to be written down from. One that came back into use, as in a chat that was renamed, is none of them. */
  left(): string[] {
    return this.#db
      .sql(
        `SELECT id FROM left_agent_sessions
         WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE agent_session = left_agent_sessions.id)
           AND NOT EXISTS (SELECT 1 FROM compactions WHERE ended_at IS NULL AND agent_session = left_agent_sessions.id)`,
      )
      .all()
      .map((row) => String(row.id));
  }

  isUsed(id: string): boolean {
    const used = `SELECT 1 FROM sessions WHERE agent_session = ?1
      UNION ALL SELECT 1 FROM compactions WHERE ended_at IS NULL AND agent_session = ?1`;
    return this.#db.sql(used).get(id) !== undefined;
  }

  leave(id: string): void {
    this.#db.sql('INSERT OR IGNORE INTO left_agent_sessions (id) VALUES (?)').run(id);
  }

  forget(id: string): void {
    this.#db.sql('DELETE FROM left_agent_sessions WHERE id = ?').run(id);
  }

  /** Of schedules, webhooks and the heartbeat, what was last used before `time`: most of them never run again. */
  leaveIdleBackground(time: number): void {
    this.#db
      .sql(
        `UPDATE sessions SET agent_session = NULL, torn = 0
         WHERE agent_session IS NOT NULL AND last_active_at < ? AND ${BACKGROUND}`,
      )
      .run(time);
  }

  /** 0 where it was never done. */
  sweptAt(): number {
    return Number(this.#db.sql('SELECT max(at) AS at FROM agent_sweeps').get()?.at ?? 0);
  }

  setSwept(at: number): void {
    this.#db.sql('DELETE FROM agent_sweeps').run();
    this.#db.sql('INSERT INTO agent_sweeps (at) VALUES (?)').run(at);
  }
}
