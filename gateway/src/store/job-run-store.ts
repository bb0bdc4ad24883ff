/** SQL of the runs of schedules: the claim of a slot, how far it is, and the record afterwards. */
import type { Usage } from '@mobyclaw/protocol/usage';
import type { Database } from './database.ts';
import type { DeliveryState, NewRun, RunOutcome, RunRow, RunState, RunTask, RunTrigger } from './job-rows.ts';

export type RunChange = Partial<
  Pick<
    RunRow,
    | 'state'
    | 'outcome'
    | 'detail'
    | 'attempt'
    | 'tries'
    | 'dueAt'
    | 'turn'
    | 'text'
    | 'usage'
    | 'delivery'
    | 'channel'
    | 'deliveryError'
    | 'startedAt'
    | 'finishedAt'
  >
>;

const COLUMNS: Record<keyof RunChange, string> = {
  state: 'state',
  outcome: 'outcome',
  detail: 'detail',
  attempt: 'attempt',
  tries: 'tries',
  dueAt: 'due_at',
  turn: 'turn',
  text: 'text',
  usage: 'usage',
  delivery: 'delivery',
  channel: 'channel',
  deliveryError: 'delivery_error',
  startedAt: 'started_at',
  finishedAt: 'finished_at',
};

export class JobRunStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Claims a slot. @returns false where it had been claimed before */
  claim(run: NewRun): boolean {
    this.#db.changed('jobs');
    const ended = run.state === 'ended' ? run.claimedAt : null;
    const { changes } = this.#db
      .sql(
        `INSERT INTO job_runs (id, job, key, slot, times, first_slot, last_slot, trigger, state, outcome, detail, task,
           claimed_at, finished_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
      )
      .run(
        run.id,
        run.job,
        run.key,
        run.slot,
        run.times,
        run.firstSlot,
        run.lastSlot,
        run.trigger,
        run.state,
        run.outcome,
        run.detail,
        JSON.stringify(run.task),
        run.claimedAt,
        ended,
      );
    return changes > 0;
  }

  /**
   * Records a slot that was left out: in the row before it where that was left out for the same reason, so that a job
   * in trouble leaves one row and not one for each of its times.
   */
  leaveOut(run: NewRun): void {
    this.#db.changed('jobs');
    const before = this.history(run.job, 1)[0];
    if (before?.outcome !== 'skipped' || before.detail !== run.detail) {
      this.claim(run);
      return;
    }
    if (this.isClaimed(run.key)) return;
    const firstSlot = Math.min(before.firstSlot, run.firstSlot);
    const lastSlot = Math.max(before.lastSlot, run.lastSlot);
    this.#db
      .sql(
        'UPDATE job_runs SET times = times + ?, first_slot = ?, last_slot = ?, finished_at = ? WHERE id = ?',
      )
      .run(run.times, firstSlot, lastSlot, run.claimedAt, before.id);
  }

  isClaimed(key: string): boolean {
    return this.#db.sql('SELECT 1 FROM job_runs WHERE key = ?').get(key) !== undefined;
  }

  find(id: string): RunRow | null {
    const row = this.#db.sql('SELECT * FROM job_runs WHERE id = ?').get(id);
    return row ? toRun(row) : null;
  }

  /** Newest first. */
  history(job: string, limit: number): RunRow[] {
    return this.#db
      .sql('SELECT * FROM job_runs WHERE job = ? ORDER BY seq DESC LIMIT ?')
      .all(job, limit)
      .map(toRun);
  }

  /** The newest run of a job that was not left out. */
  last(job: string): RunRow | null {
    const row = this.#db
      .sql(`SELECT * FROM job_runs WHERE job = ? AND outcome IS NOT 'skipped' ORDER BY seq DESC LIMIT 1`)
      .get(job);
    return row ? toRun(row) : null;
  }

  /** The same of all jobs. */
  lastOfAll(): Map<string, RunRow> {
    const rows = this.#db
      .sql(
        `SELECT job_runs.* FROM jobs JOIN job_runs ON job_runs.seq =
           (SELECT seq FROM job_runs WHERE job = jobs.id AND outcome IS NOT 'skipped' ORDER BY seq DESC LIMIT 1)`,
      )
      .all();
    return new Map(rows.map(toRun).map((run) => [run.job, run]));
  }

  /** The newest run of a job that came to no good, even if its message was sent in place of an answer. */
  lastFailed(job: string): RunRow | null {
    const row = this.#db
      .sql(
        `SELECT * FROM job_runs WHERE job = ? AND outcome IN ('failed', 'undelivered', 'fallback')
         ORDER BY seq DESC LIMIT 1`,
      )
      .get(job);
    return row ? toRun(row) : null;
  }

  /** The run that is at work in a conversation. */
  workingIn(session: string): RunRow | null {
    const row = this.#db
      .sql(
        `SELECT * FROM job_runs WHERE state <> 'ended' AND state IN ('running', 'retrying')
         AND json_extract(task, '$.session') = ? ORDER BY seq LIMIT 1`,
      )
      .get(session);
    return row ? toRun(row) : null;
  }

  /** How many prompts of guests' schedules were asked on a day, for the conversation they were asked for in. */
  guestTurns(channel: string, day: string): number {
    const row = this.#db.sql('SELECT turns FROM guest_turns WHERE channel = ? AND day = ?').get(channel, day);
    return Number(row?.turns ?? 0);
  }

  /** One more of these; days before are forgotten. */
  countGuestTurn(channel: string, day: string): void {
    this.#db.sql('DELETE FROM guest_turns WHERE day < ?').run(day);
    this.#db
      .sql(
        `INSERT INTO guest_turns (channel, day, turns) VALUES (?, ?, 1)
         ON CONFLICT (channel, day) DO UPDATE SET turns = turns + 1`,
      )
      .run(channel, day);
  }

  /** Runs that have not ended, in order. */
  open(): RunRow[] {
    return this.#db.sql(`SELECT * FROM job_runs WHERE state <> 'ended' ORDER BY job, seq`).all().map(toRun);
  }

  openOf(job: string): RunRow[] {
    return this.#db
      .sql(`SELECT * FROM job_runs WHERE job = ? AND state <> 'ended' ORDER BY seq`)
      .all(job)
      .map(toRun);
  }

  nextDue(): number | null {
    const row = this.#db.sql('SELECT min(due_at) AS at FROM job_runs WHERE due_at IS NOT NULL').get();
    return (row?.at ?? null) as number | null;
  }

  due(now: number): RunRow[] {
    return this.#db.sql('SELECT * FROM job_runs WHERE due_at <= ? ORDER BY due_at').all(now).map(toRun);
  }

  /** Lets no run that was put off wait for longer than until `latest`. */
  capDue(latest: number): void {
    this.#db.sql('UPDATE job_runs SET due_at = ?1 WHERE due_at > ?1').run(latest);
  }

  update(id: string, change: RunChange): void {
    this.#db.changed('jobs');
    const fields = Object.keys(change) as (keyof RunChange)[];
    const values = fields.map((field) => {
      if (field === 'usage') return change.usage ? JSON.stringify(change.usage) : null;
      return change[field] ?? null;
    });
    const assignments = fields.map((field) => `${COLUMNS[field]} = ?`).join(', ');
    this.#db.sql(`UPDATE job_runs SET ${assignments} WHERE id = ?`).run(...values, id);
  }

  /** Keeps the newest `keep` runs of a job and all that have not ended. */
  prune(job: string, keep: number): void {
    this.#db
      .sql(
        `DELETE FROM job_runs WHERE job = ?1 AND state = 'ended' AND seq <=
           (SELECT seq FROM job_runs WHERE job = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)`,
      )
      .run(job, keep);
  }

  deleteOf(job: string): void {
    this.#db.changed('jobs');
    this.#db.sql('DELETE FROM job_runs WHERE job = ?').run(job);
  }
}

function toRun(row: Record<string, unknown>): RunRow {
  return {
    seq: Number(row.seq),
    id: String(row.id),
    job: String(row.job),
    key: String(row.key),
    slot: Number(row.slot),
    times: Number(row.times),
    firstSlot: Number(row.first_slot ?? row.slot),
    lastSlot: Number(row.last_slot ?? row.slot),
    trigger: row.trigger as RunTrigger,
    state: row.state as RunState,
    outcome: row.outcome as RunOutcome | null,
    detail: row.detail as string | null,
    task: JSON.parse(String(row.task)) as RunTask,
    attempt: Number(row.attempt),
    tries: Number(row.tries),
    dueAt: row.due_at as number | null,
    turn: row.turn as string | null,
    text: row.text as string | null,
    usage: row.usage === null ? null : (JSON.parse(String(row.usage)) as Usage),
    delivery: row.delivery as DeliveryState,
    channel: row.channel as string | null,
    deliveryError: row.delivery_error as string | null,
    claimedAt: Number(row.claimed_at),
    startedAt: row.started_at as number | null,
    finishedAt: row.finished_at as number | null,
  };
}
