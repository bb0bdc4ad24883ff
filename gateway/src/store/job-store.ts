/** SQL of schedules. */

import type { Database } from './database.ts';
import type { JobDefinition, JobRow } from './job-rows.ts';

/** What a slot that was claimed, or an edit, changes. */
export interface JobPlan {
  nextRun: number | null;
  plannedAt: number;
  enabled: boolean;
  ended: JobRow['ended'];
  runs: number;
}

export interface JobNotice {
  /** Handed over once. */
  key: string;
  text: string;
}

export class JobStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert(id: string, definition: JobDefinition, enabled: boolean, nextRun: number | null, now: number): void {
    this.#db.changed('jobs');
    this.#db
      .sql(
        `INSERT INTO jobs (id, definition, enabled, next_run, planned_at, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(id, JSON.stringify(definition), Number(enabled), nextRun, now, now, now);
  }

  find(id: string): JobRow | null {
    const row = this.#db.sql('SELECT * FROM jobs WHERE id = ?').get(id);
    return row ? toJob(row) : null;
  }

  /** Oldest first: ids carry their time. @param all also those that have finished */
  list(all: boolean): JobRow[] {
    return this.#db
      .sql(`SELECT * FROM jobs WHERE ? OR ended IS NOT 'finished' ORDER BY id`)
      .all(Number(all))
      .map(toJob);
  }

  count(): number {
    return Number(this.#db.sql('SELECT count(*) AS n FROM jobs').get()?.n);
  }

  /** Of the jobs that have finished and have nothing under way the one that ran longest ago, be it by hand. */
  oldestFinished(): string | null {
    return this.finishedBefore(Number.MAX_SAFE_INTEGER, 1)[0] ?? null;
  }

  /**
   * Jobs that finished before `time`, did not run since, be it by hand, and have nothing under way and no word to the
   * owner left; those that ran longest ago first.
   */
  finishedBefore(time: number, limit: number): string[] {
    return this.#db
      .sql(
        `SELECT id, max(planned_at, ifnull((SELECT max(finished_at) FROM job_runs WHERE job = jobs.id), 0)) AS at
         FROM jobs WHERE ended = 'finished' AND planned_at < ?1 AND notice IS NULL AND at < ?1
           AND NOT EXISTS (SELECT 1 FROM job_runs WHERE job = jobs.id AND state <> 'ended')
         ORDER BY at LIMIT ?2`,
      )
      .all(time, limit)
      .map((row) => String(row.id));
  }

  /** Schedules that guests asked for in a conversation and that have not ended. */
  countOfGuests(origin: string): number {
    const row = this.#db
      .sql(
        `SELECT count(*) AS n FROM jobs WHERE ended IS NULL AND definition ->> '$.guest'
           AND definition ->> '$.origin' = ?`,
      )
      .get(origin);
    return Number(row?.n);
  }

  any(): boolean {
    return this.#db.sql('SELECT 1 FROM jobs LIMIT 1').get() !== undefined;
  }

  counts(): { active: number; failed: number } {
    const row = this.#db
      .sql(`SELECT total(enabled) AS active, total(ended = 'failures') AS failed FROM jobs`)
      .get();
    return { active: Number(row?.active), failed: Number(row?.failed) };
  }

  /** When the next slot of any job is due. */
  nextDue(): number | null {
    const row = this.#db.sql('SELECT min(next_run) AS at FROM jobs WHERE next_run IS NOT NULL').get();
    return (row?.at ?? null) as number | null;
  }

  due(now: number, limit: number): JobRow[] {
    return this.#db
      .sql('SELECT * FROM jobs WHERE next_run <= ? ORDER BY next_run LIMIT ?')
      .all(now, limit)
      .map(toJob);
  }

  /**
   * Jobs whose next slot was computed at a time that is yet to come: the clock has been set back since. Asked at each
   * start; `ended`, which says no more than `next_run` does, lets an index answer.
   */
  plannedAfter(now: number): JobRow[] {
    return this.#db
      .sql('SELECT * FROM jobs WHERE ended IS NULL AND planned_at > ? AND next_run IS NOT NULL')
      .all(now)
      .map(toJob);
  }

  plan(id: string, plan: JobPlan): void {
    this.#db.changed('jobs');
    this.#db
      .sql('UPDATE jobs SET next_run = ?, planned_at = ?, enabled = ?, ended = ?, runs = ? WHERE id = ?')
      .run(plan.nextRun, plan.plannedAt, Number(plan.enabled), plan.ended, plan.runs, id);
  }

  change(id: string, definition: JobDefinition, now: number): void {
    this.#db.changed('jobs');
    this.#db
      .sql('UPDATE jobs SET definition = ?, updated_at = ? WHERE id = ?')
      .run(JSON.stringify(definition), now, id);
  }

  setFailures(id: string, failures: number, backoffUntil: number | null): void {
    this.#db.changed('jobs');
    this.#db
      .sql('UPDATE jobs SET failures = ?, backoff_until = ? WHERE id = ?')
      .run(failures, backoffUntil, id);
  }

  /** Lets no job that failed be left out for longer than until `latest`. */
  capBackoff(latest: number): void {
    this.#db.sql('UPDATE jobs SET backoff_until = ?1 WHERE backoff_until > ?1').run(latest);
  }

  /** Ends a job for its failures. */
  disable(id: string): void {
    this.#db.changed('jobs');
    this.#db.sql(`UPDATE jobs SET enabled = 0, ended = 'failures', next_run = NULL WHERE id = ?`).run(id);
  }

  setNotice(id: string, notice: JobNotice | null): void {
    this.#db.sql('UPDATE jobs SET notice = ? WHERE id = ?').run(notice && JSON.stringify(notice), id);
  }

  /** Words to the owner that have not been handed over. */
  notices(): { job: string; notice: JobNotice }[] {
    return this.#db
      .sql('SELECT id, notice FROM jobs WHERE notice IS NOT NULL')
      .all()
      .map((row) => ({ job: String(row.id), notice: JSON.parse(String(row.notice)) as JobNotice }));
  }

  delete(id: string): boolean {
    this.#db.changed('jobs');
    return this.#db.sql('DELETE FROM jobs WHERE id = ?').run(id).changes > 0;
  }
}

function toJob(row: Record<string, unknown>): JobRow {
  return {
    id: String(row.id),
    definition: JSON.parse(String(row.definition)) as JobDefinition,
    enabled: row.enabled === 1,
    ended: row.ended as JobRow['ended'],
    runs: Number(row.runs),
    failures: Number(row.failures),
    backoffUntil: row.backoff_until as number | null,
    nextRun: row.next_run as number | null,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
