/**
 * Brings a claimed run to its end: asks the prompt, keeps the answer, hands it over, records what came of it.
 *
 * Every step can be taken again: the prompt's inbox key and the delivery's key are those of the slot, so a run that a
 * crash interrupted anywhere is driven on from its row and neither asks nor sends twice. Once an answer is there the
 * model is not asked again, however often the delivery fails. A failure of the store leaves the row as it is and is
 * tried again. Since all of it can be taken again, what is written here need not wait for the disk.
 */

import { backoffMs } from '@mobyclaw/lib/backoff';
import { localTime } from '@mobyclaw/lib/local-time';
import { plainName, quotedName } from '@mobyclaw/lib/plain-name';
import { asSentence } from '@mobyclaw/lib/sentence';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import type { RunOutcome, RunRow } from '../store/job-rows.ts';
import type { RunChange } from '../store/job-run-store.ts';
import { type BackgroundPorts, DELIVERY_RETRY, OVER_BUDGET, STORE_RETRY_MS } from '../unasked/ports.ts';
import { GUEST_TURNS_A_DAY } from './limits.ts';
import { addUsage, toPrompt } from './task.ts';

export const MOST_FAILURES = 10;
export const PROMPT_RETRY = { firstMs: 30_000, maxMs: 15 * 60_000 };
export const JOB_BACKOFF = { firstMs: 60_000, maxMs: 3_600_000 };
const DELIVERY_GIVEN_UP_MS = 7 * 86_400_000; // after a week the result is of no use any more
export const RUNS_KEPT = 200; // of each job

export interface RunDriverOptions extends BackgroundPorts {
  /** Of the owner, whose days the budget goes by. */
  timeZone: string;
  /** A run of this job has stopped working or has been put off, or there is a notice to hand over. */
  onSettled: (job: string) => void;
}

export class RunDriver {
  readonly #options: RunDriverOptions;
  readonly #driving = new Set<string>();
  readonly #again = new Set<string>();
  #stopped = false;

  constructor(options: RunDriverOptions) {
    this.#options = options;
  }

  /** What is under way is left as it is, for the next start. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes a run from where its row says it is; one that is being driven is looked at again afterwards. */
  drive(id: string): void {
    if (this.#stopped) return;
    if (this.#driving.has(id)) {
      this.#again.add(id);
      return;
    }
    this.#driving.add(id);
    this.#drive(id)
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.#options.logger.error({ err: error, run: id }, 'a scheduled run could not go on yet');
        this.#options.clock.after(STORE_RETRY_MS, () => this.drive(id));
      })
      .finally(() => {
        this.#driving.delete(id);
        if (this.#again.delete(id)) this.drive(id);
      });
  }

  async #drive(id: string): Promise<void> {
    const run = this.#options.store.jobRuns.find(id);
    if (!run || run.state === 'ended' || run.state === 'waiting') return;
    if (run.state === 'delivering' || run.task.prompt === null) await this.#deliver(run);
    else await this.#ask(run, run.task.prompt);
  }

  async #ask(run: RunRow, prompt: string): Promise<void> {
    const { store, prompts, clock, calendar, logger } = this.#options;
    let { turn, attempt } = run;
    if (turn === null || run.state === 'retrying') {
      const refusal = this.#guestRefusal(run);
      if (refusal !== null) {
        this.#end(run, { outcome: 'skipped', detail: refusal });
        return;
      }
      attempt += 1;
      try {
        turn = await prompts.accept(toPrompt(run, prompt, attempt, await calendar()));
      } catch (error) {
        if (this.#stopped) return;
        logger.warn({ err: error, run: run.id }, 'the prompt of a schedule was not accepted');
        const message = error instanceof Error ? error.message : String(error);
        const fallback = this.#failed(run, attempt, run.usage, { message, retryable: true });
        if (fallback) await this.#keep(run, fallback);
        return;
      }
      if (this.#stopped) return;
      if (this.#isOver(run)) {
        prompts.cancel(turn);
        return;
      }
      const startedAt = run.startedAt ?? clock.now();
      store.transaction('relaxed', () => {
        store.jobRuns.update(run.id, { state: 'running', attempt, turn, startedAt, dueAt: null });
        if (run.task.guest) store.jobRuns.countGuestTurn(guestPlace(run.task), this.#today());
      });
    }
    const outcome = await prompts.outcome(turn);
    if (this.#stopped) return;
    const current = store.jobRuns.find(run.id);
    if (!current || this.#isOver(run)) return;
    const usage = addUsage(run.usage, outcome.usage);
    if (outcome.state === 'done') {
      if (outcome.text.trim() === '') {
        this.#end(current, { outcome: 'succeeded', usage, detail: 'The answer was empty.' });
      } else {
        await this.#keep(current, { text: outcome.text, usage });
      }
      return;
    }
    const { code, message, retryable } = outcome.error ?? { code: '', message: '', retryable: false };
    if (outcome.state === 'cancelled' || code === 'cancelled') {
      this.#end(current, { outcome: 'cancelled', usage, detail: message });
      return;
    }
    const over = code === OVER_BUDGET;
    const fallback = this.#failed(current, attempt, usage, { message, retryable, over });
    if (fallback) await this.#keep(current, fallback);
  }

  /** The job was deleted meanwhile, or its asker shut out. */
  #isOver({ id }: RunRow): boolean {
    const state = this.#options.store.jobRuns.find(id)?.state;
    return state === undefined || state === 'ended';
  }

  /** Why the prompt of a guest's schedule is not asked now; null where it is, and for the owner's. */
  #guestRefusal({ task, trigger }: RunRow): string | null {
    const { store, channels } = this.#options;
    if (!task.guest || trigger === 'manual') return null;
    const place = guestPlace(task);
    if (channels.refusal(place) !== null) return 'The guest who asked for it may not talk to Moby any more.';
    if (store.jobRuns.guestTurns(place, this.#today()) < GUEST_TURNS_A_DAY) return null;
    return `Guests have had ${GUEST_TURNS_A_DAY} scheduled prompts today in this conversation, the most that a day allows.`;
  }

  #today(): string {
    return localTime(this.#options.clock.now(), this.#options.timeZone).date;
  }

  /** Puts a failed prompt off, or ends it. @returns what is to be sent in its place */
  #failed(
    run: RunRow,
    attempt: number,
    usage: RunRow['usage'],
    error: { message: string; retryable: boolean; over?: boolean },
  ): RunChange | null {
    const { store, clock, onSettled } = this.#options;
    if (error.retryable && attempt <= run.task.retries) {
      const dueAt = Math.round(clock.now() + backoffMs(attempt, PROMPT_RETRY));
      store.transaction('relaxed', () =>
        store.jobRuns.update(run.id, { state: 'retrying', attempt, usage, dueAt, detail: error.message }),
      );
      onSettled(run.job);
      return null;
    }
    if (run.task.message !== null) {
      return { outcome: 'fallback', text: run.task.message, attempt, usage, detail: error.message };
    }
    const outcome = error.over ? 'refused' : 'failed';
    this.#end(run, { outcome, attempt, usage, detail: error.message });
    return null;
  }

  /** From here on the model is not asked again. */
  async #keep(run: RunRow, change: RunChange): Promise<void> {
    const { store, onSettled } = this.#options;
    const kept: RunChange = { ...change, state: 'delivering', delivery: 'pending', dueAt: null };
    store.transaction('relaxed', () => store.jobRuns.update(run.id, kept));
    onSettled(run.job);
    await this.#deliver({ ...run, ...kept });
  }

  async #deliver(run: RunRow): Promise<void> {
    const { store, clock, deliver, channels, onSettled } = this.#options;
    const text = run.text ?? run.task.message ?? '';
    const channel = run.channel ?? channels.target(run.task.channel, run.task.origin);
    const startedAt = run.startedAt ?? clock.now();
    const outcome = run.outcome ?? 'succeeded';
    try {
      await deliver(channel, text, `cron:${run.key}`, `scheduled job ${quotedName(run.task.name)}`);
    } catch (error) {
      if (this.#stopped) return;
      const deliveryError = error instanceof Error ? error.message : String(error);
      const tries = run.tries + 1;
      const kept = { text, tries, startedAt, channel, deliveryError };
      const refused = error instanceof DeliveryRefusedError;
      if (refused || clock.now() - run.claimedAt > DELIVERY_GIVEN_UP_MS) {
        this.#end(run, { ...kept, outcome: 'undelivered', delivery: 'failed' });
        return;
      }
      const dueAt = Math.round(clock.now() + backoffMs(tries, DELIVERY_RETRY));
      store.transaction('relaxed', () =>
        store.jobRuns.update(run.id, { ...kept, state: 'delivering', delivery: 'pending', dueAt }),
      );
      onSettled(run.job);
      return;
    }
    if (this.#stopped) return;
    this.#end(run, { text, startedAt, channel, outcome, delivery: 'accepted', deliveryError: null });
  }

  #end(run: RunRow, change: RunChange & { outcome: RunOutcome }): void {
    const { store, clock, logger, onSettled } = this.#options;
    const now = clock.now();
    store.transaction('relaxed', () => {
      store.jobRuns.update(run.id, { ...change, state: 'ended', dueAt: null, finishedAt: now });
      store.jobRuns.prune(run.job, RUNS_KEPT);
      this.#account(run, change.outcome, change.deliveryError ?? change.detail ?? '', now);
    });
    logger.info({ job: run.job, run: run.id, outcome: change.outcome }, 'a scheduled run ended');
    onSettled(run.job);
  }

  /**
   * If a job failed ten times in a row, then it is switched off and the owner is told. If a job with a single time failed, then
   * he is told, too. If the budget is used up, that is no failure, and the budget tells him; but a single time would never come
   * again, so he is told of the first one of a day that was left out.
   */
  #account(run: RunRow, outcome: RunOutcome, reason: string, now: number): void {
    const { store, timeZone } = this.#options;
    const { jobs } = store;
    const job = jobs.find(run.job);
    if (!job) return;
    if (outcome === 'refused') {
      if (job.definition.schedule.kind !== 'at') return;
      const text = `“${plainName(job.definition.name)}” was due once and was not run, as the budget is used up. To run it when there is one again: mobyclaw cron run ${job.id} (mobyclaw cron list --all shows what else was left out today)`;
      jobs.setNotice(job.id, { key: `not-run:${localTime(now, timeZone).date}`, text });
      return;
    }
    if (outcome === 'succeeded') {
      if (job.failures > 0) jobs.setFailures(job.id, 0, null);
      return;
    }
    if ((outcome !== 'failed' && outcome !== 'undelivered') || run.trigger === 'manual') return;
    const failures = job.failures + 1;
    jobs.setFailures(job.id, failures, Math.round(now + backoffMs(failures, JOB_BACKOFF)));
    const { name } = job.definition;
    if (job.enabled && failures >= MOST_FAILURES) {
      jobs.disable(job.id);
      const text = `The schedule “${plainName(name)}” failed ${failures} times in a row, so it is switched off. The last reason: ${asSentence(reason)} Switch it on again with: mobyclaw cron resume ${job.id}`;
      jobs.setNotice(job.id, { key: `job-disabled:${run.key}`, text });
    } else if (job.definition.schedule.kind === 'at') {
      const text = `The schedule “${plainName(name)}” failed. The reason: ${asSentence(reason)}`;
      jobs.setNotice(job.id, { key: `job-failed:${run.key}`, text });
    }
  }
}

/** The conversation that a guest asked in, which is where the result goes, too. */
function guestPlace({ origin, channel }: RunRow['task']): string {
  return origin ?? channel ?? '';
}
