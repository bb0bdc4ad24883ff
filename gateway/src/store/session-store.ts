/** SQL of conversations: which agent session carries one, and where its memory starts. */
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import type { VoiceMode } from '@mobyclaw/protocol/voice';
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export interface SessionRow {
  key: string;
  agentSession: string | null;
  /** Of soul.yaml, that the agent session is bound to; null: root. */
  agent: string | null;
  /** The next turn takes a new agent session, because this one was left with an open tool call or cannot be gone on with. */
  takesNewAgentSession: boolean;
  seedFrom: number;
  /** Newest message sent by Moby himself that the agent's session was told of. */
  toldUpto: number;
  /** The summary (its id) that the agent's session was told. */
  summaryTold: number;
  /** Its agent session has permissions of a flush, which a kill left behind. */
  restricted: boolean;
  queueMode: QueueMode | null;
  /** Null: as the settings say. */
  voice: VoiceMode | null;
  /** That the owner chose for it, as soul.yaml calls it; null: its agent's own. */
  model: string | null;
  /** A model was named to its agent session, which some engines keep for all later runs. */
  modelNamed: boolean;
  /** What the owner calls it. */
  title: string | null;
  createdAt: number;
  lastActiveAt: number;
}

export class SessionStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  touch(key: string, at: number): void {
    this.#db
      .sql(
        `INSERT INTO sessions (key, created_at, last_active_at) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET last_active_at = excluded.last_active_at`,
      )
      .run(this.#names.current(key), at, at);
  }

  /** Sees to it that there is such a conversation; one that is there was not used by this. */
  ensure(key: string, at: number): void {
    this.#db
      .sql(
        'INSERT INTO sessions (key, created_at, last_active_at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING',
      )
      .run(this.#names.current(key), at, at);
  }

  find(key: string): SessionRow | null {
    const row = this.#db.sql('SELECT * FROM sessions WHERE key = ?').get(this.#names.current(key));
    return row ? toSession(row) : null;
  }

  /** Keys of the conversations whose names begin so, the last used first. @param prefix of plain characters, before `~` */
  startingWith(prefix: string, limit: number): string[] {
    return this.#db
      .sql('SELECT key FROM sessions WHERE key >= ? AND key < ? ORDER BY last_active_at DESC, key LIMIT ?')
      .all(prefix, `${prefix}~`, limit)
      .map(({ key }) => String(key));
  }

  /** The last used first. */
  list(limit: number, offset = 0): SessionRow[] {
    return this.#db
      .sql('SELECT * FROM sessions ORDER BY last_active_at DESC, key LIMIT ? OFFSET ?')
      .all(limit, offset)
      .map(toSession);
  }

  count(): number {
    return Number(this.#db.sql('SELECT count(*) AS n FROM sessions').get()?.n);
  }

  /** @param agent of soul.yaml; null: root */
  setAgentSession(key: string, id: string, agent: string | null = null): void {
    this.#db
      .sql(
        `UPDATE sessions SET agent_session = ?, agent = ?, torn = 0, context_tokens = NULL, restricted = 0, summary_told = 0,
           model_named = 0
         WHERE key = ?`,
      )
      .run(id, agent, this.#names.current(key));
  }

  takeNewAgentSession(key: string): void {
    this.#db.sql('UPDATE sessions SET torn = 1 WHERE key = ?').run(this.#names.current(key));
  }

  /** It can be gone on with after all, if it still is the conversation's. */
  keepAgentSession(key: string, id: string): void {
    this.#db
      .sql('UPDATE sessions SET torn = 0 WHERE key = ? AND agent_session = ?')
      .run(this.#names.current(key), id);
  }

  /** The next turn takes a new agent session, which is told what was said after message `seedFrom`. */
  leaveAgentSession(key: string, seedFrom: number): void {
    this.#db
      .sql(
        `UPDATE sessions SET agent_session = NULL, torn = 0, context_tokens = NULL, seed_from = max(seed_from, ?)
         WHERE key = ?`,
      )
      .run(seedFrom, this.#names.current(key));
    this.#db.changed('sessions');
  }

  /** Whether its agent session may use memory tools alone for now. */
  setRestricted(key: string, restricted: boolean): void {
    this.#db
      .sql('UPDATE sessions SET restricted = ? WHERE key = ?')
      .run(Number(restricted), this.#names.current(key));
  }

  setSummaryTold(key: string, summary: number): void {
    this.#db.sql('UPDATE sessions SET summary_told = ? WHERE key = ?').run(summary, this.#names.current(key));
  }

  /** The next turn takes a new agent session; it is told what was said after message `seedFrom`. */
  reset(key: string, seedFrom: number): void {
    this.#db
      .sql(
        'UPDATE sessions SET agent_session = NULL, torn = 0, context_tokens = NULL, seed_from = ? WHERE key = ?',
      )
      .run(seedFrom, this.#names.current(key));
  }

  /** The conversation that this agent session carries takes a new one, which is told the recent exchanges. */
  forgetAgentSession(id: string): void {
    this.#db
      .sql(
        'UPDATE sessions SET agent_session = NULL, torn = 0, context_tokens = NULL WHERE agent_session = ?',
      )
      .run(id);
  }

  setTold(key: string, upto: number): void {
    this.#db.sql('UPDATE sessions SET told_upto = ? WHERE key = ?').run(upto, this.#names.current(key));
  }

  /** The conversation of a terminal or a page in which somebody wrote last; a program's only where there is no other. */
  lastConversation(): string | null {
    const row = this.#db
      .sql(
        `SELECT key FROM sessions WHERE (key LIKE 'cli:%' OR key LIKE 'web:%' OR key LIKE 'api:%')
           AND EXISTS (SELECT 1 FROM messages WHERE session = key AND role = 'user')
         ORDER BY key LIKE 'api:%', last_active_at DESC LIMIT 1`,
      )
      .get();
    return row ? String(row.key) : null;
  }

  setQueueMode(key: string, mode: QueueMode): void {
    this.#db.sql('UPDATE sessions SET queue_mode = ? WHERE key = ?').run(mode, this.#names.current(key));
    this.#db.changed('sessions');
  }

  setVoice(key: string, mode: VoiceMode): void {
    this.#db.sql('UPDATE sessions SET voice = ? WHERE key = ?').run(mode, this.#names.current(key));
    this.#db.changed('sessions');
  }

  /** @param model as soul.yaml calls it; null: its agent's own */
  setModel(key: string, model: string | null): void {
    this.#db.sql('UPDATE sessions SET model = ? WHERE key = ?').run(model, this.#names.current(key));
    this.#db.changed('sessions');
  }

  setModelNamed(key: string): void {
    this.#db.sql('UPDATE sessions SET model_named = 1 WHERE key = ?').run(this.#names.current(key));
  }

  setTitle(key: string, title: string | null): void {
    this.#db.sql('UPDATE sessions SET title = ? WHERE key = ?').run(title, this.#names.current(key));
    this.#db.changed('sessions');
  }
}

function toSession(row: Record<string, unknown>): SessionRow {
  return {
    key: String(row.key),
    agentSession: row.agent_session as string | null,
    agent: row.agent as string | null,
    takesNewAgentSession: row.torn === 1,
    seedFrom: Number(row.seed_from),
    toldUpto: Number(row.told_upto),
    summaryTold: Number(row.summary_told),
    restricted: row.restricted === 1,
    queueMode: row.queue_mode as QueueMode | null,
    voice: row.voice as VoiceMode | null,
    model: row.model as string | null,
    modelNamed: row.model_named === 1,
    title: row.title as string | null,
    createdAt: Number(row.created_at),
    lastActiveAt: Number(row.last_active_at),
  };
}
