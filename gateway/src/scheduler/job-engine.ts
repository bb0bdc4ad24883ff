/**
 * Claims slots when they are due and has them run.
 *
 * Reads and writes `jobs` and `job_runs`. A slot is claimed, and the job moved on to its next one, in one durable
 * transaction before any work; a slot that has a row is never claimed again, whatever the clock does. What a crash left
 * open is driven on at the next start. The timer sleeps until the next slot; it looks at the wall clock at least every
 * WAKE_MS, which costs no query, so that a clock that was set or a machine that slept is noticed.
 */
import type { Timer } from '@mobyclaw/lib/clock';
import { parseDuration } from '@mobyclaw/lib/duration';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Calendar } from '../calendar/calendar.ts';
import { endingAt } from '../calendar/schedule.ts';
import type { JobRow, NewRun } from '../store/job-rows.ts';
import { type BackgroundPorts, DELIVERY_RETRY, type NotifyOwner } from '../unasked/ports.ts';
import { planClaim } from './claim-plan.ts';
import { slotsOf } from './limits.ts';
import { JOB_BACKOFF, PROMPT_RETRY, RUNS_KEPT, RunDriver } from './run-driver.ts';
import { toTask } from './task.ts';

const WAKE_MS = 30_000; // Node's timers stand still while the machine sleeps
const CLAIMED_AT_ONCE = 200; // in one transaction, so that a crowded second does not block the rest
const RETRY_MS = 5000; // after a failure of the store
const NOTICE_RETRY_MS = 600_000;
const LONGEST_RETRY_MS = Math.max(PROMPT_RETRY.maxMs, DELIVERY_RETRY.maxMs);

export interface JobEngineOptions extends BackgroundPorts {
  notifyOwner: NotifyOwner;
  /** Of the owner. */
  timeZone: string;
}

export class JobEngine {
  readonly #options: JobEngineOptions;
  readonly #driver: RunDriver;
  #timer: Timer | null = null;
  #dueAt: number | null = null;
  #lastSeen = 0;
  #noticeDueAt: number | null = null;
  #working: Promise<void> | null = null;
  #stopped = false;

  constructor(options: JobEngineOptions) {
    this.#options = options;
    this.#driver = new RunDriver({ ...options, onSettled: (job) => this.#onSettled(job) });
  }

  /** Takes up what was left open, and goes to sleep until the next slot. Loads nothing where there are no jobs. */
  start(): void {
    const { store, clock } = this.#options;
    this.#lastSeen = clock.now();
    if (!store.jobs.any()) return;
    this.#work(async () => {
      await this.#replan();
      const open = store.jobRuns.open();
      for (const run of open) if (run.dueAt === null) this.#driver.drive(run.id);
      for (const job of new Set(open.map((run) => run.job))) this.#promote(job);
      await this.#sendNotices();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#driver.stop();
  }

  /** Jobs were added, edited or removed. */
  changed(): void {
    this.#arm();
  }

  /**
   * Runs a job by hand, besides its schedule.
   * @param how now; behind the runs that are under way; or beside them, in a conversation of its own
   * @returns the id of the run
   */
  runNow(job: JobRow, how: 'now' | 'behind' | 'beside' = 'now'): string {
    const { store, clock } = this.#options;
    const now = clock.now();
    const id = uuidv7();
    const state = how === 'behind' ? 'waiting' : 'running';
    const start = { id, key: `${job.id}@manual-${id}`, trigger: 'manual', state } as const;
    const run = newRun(job, now, { ...start, beside: how === 'beside' });
    store.transaction('durable', () => store.jobRuns.claim(run));
    if (state === 'running') this.#driver.drive(id);
    else this.#promote(job.id); // in case what was ahead has just ended
    return id;
  }

  #onSettled(job: string): void {
    if (this.#stopped) return;
    this.#promote(job);
    this.#arm();
    if (this.#options.store.jobs.notices().length > 0) this.#work(() => this.#sendNotices());
  }

  /** Lets the next run that waits begin, where none of its job is at work. */
  #promote(job: string): void {
    const { jobRuns } = this.#options.store;
    const open = jobRuns.openOf(job);
    const next = open.find(({ state }) => state === 'waiting');
    if (!next || open.some(({ state }) => state === 'running' || state === 'retrying')) return;
    jobRuns.update(next.id, { state: 'running' });
    this.#driver.drive(next.id);
  }

  /** One thing at a time; the timer is set again after each, whatever came of it. */
  #work(task: () => Promise<void>): void {
    const before = this.#working ?? Promise.resolve();
    const work: Promise<void> = before
      .then(() => (this.#stopped ? undefined : task()))
      .then(() => this.#arm())
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.#options.logger.error({ err: error }, 'schedules could not go on yet');
        this.#sleep(RETRY_MS);
      })
      .finally(() => {
        if (this.#working === work) this.#working = null;
      });
    this.#working = work;
  }

  #arm(): void {
    if (this.#stopped) return;
    const { store, clock } = this.#options;
    const times = [store.jobs.nextDue(), store.jobRuns.nextDue(), this.#noticeDueAt];
    const due = times.filter((time) => time !== null);
    this.#dueAt = due.length > 0 ? Math.min(...due) : null;
    this.#timer?.cancel();
    if (this.#dueAt !== null) this.#sleep(this.#dueAt - clock.now());
  }

  #sleep(ms: number): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(Math.min(Math.max(0, ms), WAKE_MS), () => this.#wake());
  }

  #wake(): void {
    const now = this.#options.clock.now();
    const setBack = now < this.#lastSeen;
    this.#lastSeen = now;
    if (setBack) this.#work(() => this.#replan());
    else if (this.#dueAt === null || now < this.#dueAt) this.#sleep((this.#dueAt ?? now + WAKE_MS) - now);
    else this.#work(() => this.#runDue());
  }

  async #runDue(): Promise<void> {
    const { store, clock, calendar } = this.#options;
    const now = clock.now();
    for (const run of store.jobRuns.due(now)) {
      store.jobRuns.update(run.id, { dueAt: null });
      this.#driver.drive(run.id);
    }
    if (this.#noticeDueAt !== null && now >= this.#noticeDueAt) await this.#sendNotices();
    const due = store.jobs.due(now, CLAIMED_AT_ONCE);
    if (due.length === 0) return;
    const known = await calendar();
    if (this.#stopped) return;
    const claimed = store.transaction('durable', () => due.flatMap((job) => this.#claim(job, known, now)));
    for (const id of claimed) this.#driver.drive(id);
  }

  /** Within a transaction. @returns the runs to drive */
  #claim(job: JobRow, calendar: Calendar, now: number): string[] {
    const { store, logger } = this.#options;
    const { definition } = job;
    const open = store.jobRuns.openOf(job.id);
    const plan = planClaim({
      job,
      slots: slotsOf(definition, calendar),
      maxAgeMs: definition.maxAge === null ? null : parseDuration(definition.maxAge),
      now,
      working: open.filter(({ state }) => state === 'running' || state === 'retrying').length,
      waiting: open.filter(({ state }) => state === 'waiting').length,
      isClaimed: (slot) => store.jobRuns.isClaimed(keyOf(job, slot)),
    });
    const drive: string[] = [];
    let runs = job.runs;
    let leftOut = false;
    for (const { slot, state, ...planned } of plan.rows) {
      const id = uuidv7();
      const start = { ...planned, id, key: keyOf(job, slot), slot, state };
      if (state === 'ended') {
        store.jobRuns.leaveOut(newRun(job, now, { ...start, outcome: 'skipped' }));
        leftOut = true;
        continue;
      }
      if (!store.jobRuns.claim(newRun(job, now, start))) continue;
      runs++;
      if (state === 'running') drive.push(id);
      logger.debug({ job: job.id, slot, lateMs: now - slot }, 'a slot was claimed');
    }
    if (leftOut) store.jobRuns.prune(job.id, RUNS_KEPT);
    const ended = plan.next === null ? 'finished' : null;
    store.jobs.plan(job.id, {
      nextRun: plan.next,
      plannedAt: now,
      enabled: plan.next !== null,
      ended,
      runs,
    });
    return drive;
  }

  /** If the clock was set back, then jobs that were planned later than now are planned anew. Claimed slots stay claimed. */
  async #replan(): Promise<void> {
    const { store, clock, calendar, logger } = this.#options;
    const now = clock.now();
    this.#capWaits(now);
    const jobs = store.jobs.plannedAfter(now);
    if (jobs.length === 0) return;
    logger.warn({ jobs: jobs.length }, 'the clock was set back: schedules are planned anew');
    const known = await calendar();
    if (this.#stopped) return;
    store.transaction('durable', () => {
      for (const { id, definition, enabled, ended, runs } of jobs) {
        const slots = endingAt(slotsOf(definition, known), definition.until);
        store.jobs.plan(id, { nextRun: slots.next(now), plannedAt: now, enabled, ended, runs });
      }
    });
  }

  /** If a pause seems longer than its maximum, then it began before the clock was set back, and is cut to the maximum. */
  #capWaits(now: number): void {
    const { store } = this.#options;
    store.transaction('relaxed', () => {
      store.jobs.capBackoff(now + JOB_BACKOFF.maxMs);
      store.jobRuns.capDue(now + LONGEST_RETRY_MS);
    });
    if (this.#noticeDueAt !== null) this.#noticeDueAt = Math.min(this.#noticeDueAt, now + NOTICE_RETRY_MS);
  }

  async #sendNotices(): Promise<void> {
    const { store, clock, logger, notifyOwner } = this.#options;
    this.#noticeDueAt = null;
    for (const { job, notice } of store.jobs.notices()) {
      try {
        await notifyOwner(notice.text, notice.key);
      } catch (error) {
        if (this.#stopped) return;
        logger.warn({ err: error, job }, 'the owner could not be told of a failed schedule yet');
        this.#noticeDueAt = clock.now() + NOTICE_RETRY_MS;
        continue;
      }
      if (this.#stopped) return;
      store.jobs.setNotice(job, null);
    }
  }
}

function keyOf(job: JobRow, slot: number): string {
  return `${job.id}@${new Date(slot).toISOString()}`;
}

type RunStart = Pick<NewRun, 'id' | 'key' | 'trigger' | 'state'> &
  Partial<Pick<NewRun, 'slot' | 'times' | 'firstSlot' | 'lastSlot' | 'outcome' | 'detail'>> & {
    beside?: boolean;
  };

function newRun(job: JobRow, now: number, start: RunStart): NewRun {
  const { beside = false, slot = now, outcome = null, detail = null, ...rest } = start;
  const stretch = { times: 1, firstSlot: slot, lastSlot: slot };
  const task = toTask(job, slot, beside);
  return { ...stretch, ...rest, job: job.id, slot, outcome, detail, task, claimedAt: now };
}
