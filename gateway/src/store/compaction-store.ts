/** SQL of how conversations are made shorter: what is under way, and the summaries that came of it. */
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

/** What made a part of a conversation leave the model's sight. */
export type CompactionWhy =
  | 'full' // of the part of the window that it may fill
  | 'overflow' // the provider refused it, or the engine was about to make it shorter by itself
  | 'asked' // by /compact
  | 'new'
  | 'idle'
  | 'daily'
  | 'outgrown' // a conversation of a schedule or a webhook
  | 'torn' // cut inside a tool call, or the provider refuses what the agent session holds
  | 'gone' // the agent does not know its session any more
  | 'other-agent' // another of soul.yaml's answers now: a guest's turn in the owner's group, say
  | 'engine'; // it made the session shorter by itself

/** `failed` is tried again: what it is about is not given up. */
export type CompactionState = 'due' | 'flushed' | 'summarised' | 'done' | 'failed';

export type FlushOutcome = 'written' | 'nothing' | 'failed';

export interface NewCompaction {
  session: string;
  why: CompactionWhy;
  /** What the person wants kept. */
  wish?: string | null;
  /** That holds all of it; null: the exchanges are read from the history. */
  agentSession: string | null;
  agent: string | null;
  /** Messages with an id in (afterId, upto] leave the model's sight. */
  afterId: number;
  upto: number;
  /** Whether a summary takes their place. */
  summarises: boolean;
  at: number;
}

export interface CompactionRow extends Required<Omit<NewCompaction, 'at'>> {
  id: number;
  state: CompactionState;
  flush: FlushOutcome | null;
  /** Entries that the flush wrote into the memory. */
  written: number;
  /** The last message that a flush of the raw exchanges has read. */
  flushedUpto: number;
  /** Made, before it is in force. */
  summary: string | null;
  reason: string | null;
  tries: number;
  dueAt: number;
  createdAt: number;
  endedAt: number | null;
}

export interface SummaryRow {
  id: number;
  /** The last message that it tells of. */
  upto: number;
  text: string;
  at: number;
}

type Change = Partial<
  Pick<
    CompactionRow,
    | 'state'
    | 'why'
    | 'agentSession'
    | 'upto'
    | 'flush'
    | 'written'
    | 'flushedUpto'
    | 'summary'
    | 'reason'
    | 'tries'
    | 'dueAt'
    | 'endedAt'
  >
>;

const COLUMNS: Record<keyof Change, string> = {
  state: 'state',
  why: 'why',
  agentSession: 'agent_session',
  upto: 'upto',
  flush: 'flush',
  written: 'written',
  flushedUpto: 'flushed_upto',
  summary: 'summary',
  reason: 'reason',
  tries: 'tries',
  dueAt: 'due_at',
  endedAt: 'ended_at',
};

export class CompactionStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  insert(row: NewCompaction): number {
    const { lastInsertRowid } = this.#db
      .sql(
        `INSERT INTO compactions (session, why, state, wish, agent_session, agent, after_id, upto, summarises, due_at, created_at)
         VALUES (?, ?, 'due', ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        this.#names.current(row.session),
        row.why,
        row.wish ?? null,
        row.agentSession,
        row.agent,
        row.afterId,
        row.upto,
        Number(row.summarises),
        row.at,
        row.at,
      );
    return Number(lastInsertRowid);
  }

  change(id: number, change: Change): void {
    for (const [field, value] of Object.entries(change)) {
      this.#db
        .sql(`UPDATE compactions SET ${COLUMNS[field as keyof Change]} = ? WHERE id = ?`)
        .run(value, id);
    }
  }

  find(id: number): CompactionRow | null {
    const row = this.#db.sql('SELECT * FROM compactions WHERE id = ?').get(id);
    return row ? toCompaction(row) : null;
  }

  /** Of a conversation, those under way, the oldest first. */
  openOf(session: string): CompactionRow[] {
    return this.#db
      .sql('SELECT * FROM compactions WHERE session = ? AND ended_at IS NULL ORDER BY id')
      .all(this.#names.current(session))
      .map(toCompaction);
  }

  /** The oldest of each conversation that is under way, as each builds on the one before. */
  heads(): CompactionRow[] {
    return this.#db
      .sql(
        `SELECT * FROM compactions WHERE ended_at IS NULL
           AND id IN (SELECT min(id) FROM compactions WHERE ended_at IS NULL GROUP BY session) ORDER BY id`,
      )
      .all()
      .map(toCompaction);
  }

  /** The newest of a conversation. */
  newestOf(session: string): CompactionRow | null {
    const row = this.#db
      .sql('SELECT * FROM compactions WHERE session = ? ORDER BY id DESC LIMIT 1')
      .get(this.#names.current(session));
    return row ? toCompaction(row) : null;
  }

  /** Those that failed and are tried again, the last first. */
  failing(): CompactionRow[] {
    return this.#db
      .sql("SELECT * FROM compactions WHERE ended_at IS NULL AND state = 'failed' ORDER BY id DESC")
      .all()
      .map(toCompaction);
  }

  forgetEndedBefore(time: number): void {
    this.#db.sql('DELETE FROM compactions WHERE ended_at < ?').run(time);
  }

  summary(session: string): SummaryRow | null {
    const row = this.#db.sql('SELECT * FROM summaries WHERE session = ?').get(this.#names.current(session));
    if (!row) return null;
    return { id: Number(row.id), upto: Number(row.upto), text: String(row.text), at: Number(row.at) };
  }

  /** Puts it in the place of the one before; it gets a new id, by which agent sessions that were told it are known. */
  setSummary(session: string, { upto, text, at }: Omit<SummaryRow, 'id'>): void {
    const key = this.#names.current(session);
    const id = Number(this.#db.sql('SELECT coalesce(max(id), 0) + 1 AS id FROM summaries').get()?.id);
    const before = this.summary(session)?.id ?? 0;
    this.#removeSummary(session);
    this.#db
      .sql('INSERT INTO summaries (id, session, upto, text, at) VALUES (?, ?, ?, ?, ?)')
      .run(Math.max(id, before + 1), key, upto, text, at);
  }

  /** A conversation begins that has nothing to do with the one before: none of its summaries comes into force any more. */
  dropSummaries(session: string): void {
    this.#removeSummary(session);
    this.#db
      .sql('UPDATE compactions SET summarises = 0 WHERE session = ? AND ended_at IS NULL')
      .run(this.#names.current(session));
  }

  #removeSummary(session: string): void {
    this.#db.sql('DELETE FROM summaries WHERE session = ?').run(this.#names.current(session));
  }
}

function toCompaction(row: Record<string, unknown>): CompactionRow {
  return {
    id: Number(row.id),
    session: String(row.session),
    why: row.why as CompactionWhy,
    state: row.state as CompactionState,
    wish: row.wish as string | null,
    agentSession: row.agent_session as string | null,
    agent: row.agent as string | null,
    afterId: Number(row.after_id),
    upto: Number(row.upto),
    summarises: row.summarises === 1,
    flush: row.flush as FlushOutcome | null,
    written: Number(row.written),
    flushedUpto: Number(row.flushed_upto),
    summary: row.summary as string | null,
    reason: row.reason as string | null,
    tries: Number(row.tries),
    dueAt: Number(row.due_at),
    createdAt: Number(row.created_at),
    endedAt: row.ended_at as number | null,
  };
}
