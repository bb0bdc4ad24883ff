/** SQL of the heartbeat: its phase, what it saw last, and the record of each beat. */
import type { Usage } from '@mobyclaw/protocol/usage';
import type { Database } from './database.ts';

/** What a beat looks at before it asks the model. */
export interface Seen {
  /** Hash of the checklist without comments and blank lines. */
  checklist: string;
  /** Hash over the memory files. */
  memory: string;
  /** Newest message of the conversations with people. */
  message: number;
  /** When the list was read; missing in what older versions kept. */
  at?: number;
  /** Slot of the rhythm that it was read in; missing likewise. */
  slot?: number;
}

export interface HeartbeatState {
  nextAt: number | null;
  /** When `nextAt` was computed. */
  plannedAt: number;
  /** In a row. */
  failures: number;
  /** As the last beat left it that was settled. */
  seen: Seen | null;
  /** When the list was read that the model last answered to: what falls due while it answers is still to be asked. */
  askedAt: number | null;
  /** The last finding. */
  told: string | null;
  toldAt: number | null;
}

export type BeatOutcome =
  | 'found'
  | 'quiet'
  | 'repeated'
  | 'unchanged'
  | 'empty'
  | 'busy'
  | 'refused'
  | 'failed'
  | 'undelivered'
  | 'cancelled';

export interface BeatRow {
  seq: number;
  slot: number;
  trigger: 'schedule' | 'manual';
  state: 'asking' | 'delivering' | 'ended';
  outcome: BeatOutcome | null;
  detail: string | null;
  /** Why the model was asked, for people. */
  why: string | null;
  seen: Seen | null;
  turn: string | null;
  text: string | null;
  usage: Usage | null;
  channel: string | null;
  tries: number;
  dueAt: number | null;
  startedAt: number;
  finishedAt: number | null;
}

export type BeatChange = Partial<Omit<BeatRow, 'seq' | 'slot' | 'trigger' | 'startedAt'>>;

const COLUMNS: Record<keyof BeatChange, string> = {
  state: 'state',
  outcome: 'outcome',
  detail: 'detail',
  why: 'why',
  seen: 'seen',
  turn: 'turn',
  text: 'text',
  usage: 'usage',
  channel: 'channel',
  tries: 'tries',
  dueAt: 'due_at',
  finishedAt: 'finished_at',
};

const NEVER: HeartbeatState = {
  nextAt: null,
  plannedAt: 0,
  failures: 0,
  seen: null,
  askedAt: null,
  told: null,
  toldAt: null,
};

export class HeartbeatStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  state(): HeartbeatState {
    const row = this.#db.sql('SELECT * FROM heartbeat').get();
    if (!row) return NEVER;
    return {
      nextAt: row.next_at as number | null,
      plannedAt: Number(row.planned_at),
      failures: Number(row.failures),
      seen: fromJson<Seen>(row.seen),
      askedAt: row.asked_at as number | null,
      told: row.told as string | null,
      toldAt: row.told_at as number | null,
    };
  }

  setState(change: Partial<HeartbeatState>): void {
    this.#db.changed('heartbeat');
    const state = { ...this.state(), ...change };
    this.#db
      .sql(
        `INSERT OR REPLACE INTO heartbeat (id, next_at, planned_at, failures, seen, asked_at, told, told_at)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        state.nextAt,
        state.plannedAt,
        state.failures,
        toJson(state.seen),
        state.askedAt,
        state.told,
        state.toldAt,
      );
  }

  /** @returns null where that slot has been claimed before */
  claim(slot: number, trigger: BeatRow['trigger'], at: number): BeatRow | null {
    this.#db.changed('heartbeat');
    const row = this.#db
      .sql(
        `INSERT INTO beats (slot, trigger, state, started_at) VALUES (?, ?, 'asking', ?)
         ON CONFLICT (slot) DO NOTHING RETURNING *`,
      )
      .get(slot, trigger, at);
    return row ? toBeat(row) : null;
  }

  find(seq: number): BeatRow | null {
    const row = this.#db.sql('SELECT * FROM beats WHERE seq = ?').get(seq);
    return row ? toBeat(row) : null;
  }

  open(): BeatRow[] {
    return this.#db.sql(`SELECT * FROM beats WHERE state <> 'ended' ORDER BY seq`).all().map(toBeat);
  }

  /** Newest first. */
  history(limit: number): BeatRow[] {
    return this.#db.sql('SELECT * FROM beats ORDER BY seq DESC LIMIT ?').all(limit).map(toBeat);
  }

  /** The model that the last beat asked which asked one. */
  lastModel(): string | null {
    const row = this.#db
      .sql('SELECT usage FROM beats WHERE usage IS NOT NULL ORDER BY seq DESC LIMIT 1')
      .get();
    return row ? (fromJson<Usage>(row.usage)?.model ?? null) : null;
  }

  update(seq: number, change: BeatChange): void {
    this.#db.changed('heartbeat');
    const fields = Object.keys(change) as (keyof BeatChange)[];
    const values = fields.map((field) => {
      if (field === 'seen') return toJson(change.seen);
      if (field === 'usage') return toJson(change.usage);
      return change[field] ?? null;
    });
    const assignments = fields.map((field) => `${COLUMNS[field]} = ?`).join(', ');
    this.#db.sql(`UPDATE beats SET ${assignments} WHERE seq = ?`).run(...values, seq);
  }

  prune(keep: number): void {
    this.#db
      .sql(
        `DELETE FROM beats WHERE state = 'ended' AND seq <=
           (SELECT seq FROM beats ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
      )
      .run(keep);
  }

  /** Newest message that somebody wrote to Moby: what he does by himself, wherever it lands, is no news to him. */
  newestMessage(): number {
    const row = this.#db
      .sql(
        `SELECT id FROM messages WHERE role = 'user' AND session NOT LIKE 'cron:%' AND session NOT LIKE 'heartbeat:%'
           AND session NOT LIKE 'webhook:%' ORDER BY id DESC LIMIT 1`,
      )
      .get();
    return Number(row?.id ?? 0);
  }
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

function fromJson<T>(value: unknown): T | null {
  return value === null ? null : (JSON.parse(String(value)) as T);
}

function toBeat(row: Record<string, unknown>): BeatRow {
  return {
    seq: Number(row.seq),
    slot: Number(row.slot),
    trigger: row.trigger as BeatRow['trigger'],
    state: row.state as BeatRow['state'],
    outcome: row.outcome as BeatOutcome | null,
    detail: row.detail as string | null,
    why: row.why as string | null,
    seen: fromJson<Seen>(row.seen),
    turn: row.turn as string | null,
    text: row.text as string | null,
    usage: fromJson<Usage>(row.usage),
    channel: row.channel as string | null,
    tries: Number(row.tries),
    dueAt: row.due_at as number | null,
    startedAt: Number(row.started_at),
    finishedAt: row.finished_at as number | null,
  };
}
