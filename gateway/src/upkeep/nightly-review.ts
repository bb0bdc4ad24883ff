/**
 * The nightly look at the memory: where something new was logged, one call of the model says what of it belongs into MEMORY.md and
 * what there is double, stale or contradictory; memory does that as one change, and in the morning the owner hears of it in a line.
 *
 * Which days were looked at, what was done and whether it was told is kept by memory, so a restart neither repeats nor forgets
 * anything. Without a model there is no look, and none begins while a turn runs. An answer that is no use counts as the day's.
 */
import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import type { Logger } from '@mobyclaw/lib/logger';
import { reviewLine } from '@mobyclaw/lib/review-text';
import {
  type ReviewMaterial,
  reviewMaterialSchema,
  reviewSchema,
  reviewsSchema,
} from '@mobyclaw/protocol/memory-review';
import { AgentError } from '../agent/agent-error.ts';
import { isActive } from '../calendar/active-hours.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { PartClient } from '../parts/part-client.ts';
import type { NotifyOwner } from '../unasked/ports.ts';
import { readSteps, reviewPrompt } from './review-prompt.ts';

const LOOK_MS = 60_000;
const PAUSE_MS = 3_600_000; // after a failure
const MOST_TRIES = 3; // a night, of calls that came to no answer
const OFFLINE = /^offline\//;

export interface NightlyReviewOptions {
  memory: Pick<PartClient, 'request'>;
  /** One call of the model, with no tool. @throws AgentError */
  ask: (prompt: string, signal: AbortSignal) => Promise<{ text: string; turn: string }>;
  /** That was used last; null where none was. */
  model: () => Promise<string | null>;
  at: { hour: number; minute: number };
  activeHours: ActiveHours;
  timeZone: string;
  /** Loaded when first asked for. */
  calendar: () => Promise<Calendar>;
  isIdle: () => boolean;
  notify: NotifyOwner;
  clock: Clock;
  logger: Logger;
}

export class NightlyReview {
  readonly #options: NightlyReviewOptions;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  /** The day on which all is done. */
  #done = '';
  #tries = { day: '', count: 0, notBefore: 0 };
  #mayBeUntold = true;

  constructor(options: NightlyReviewOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = every(this.#options.clock, LOOK_MS, () => void this.#look());
    void this.#look();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#stop.abort();
    await this.#looking;
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#options.logger.error({ err: error }, 'the nightly look could not go on yet');
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { clock, timeZone, at } = this.#options;
    const now = clock.now();
    const { date, time } = localTime(now, timeZone);
    if (this.#mayBeUntold) await this.#tell();
    const due = `${String(at.hour).padStart(2, '0')}:${String(at.minute).padStart(2, '0')}`;
    if (time < due || this.#done === date) return;
    if (this.#tries.day !== date) this.#tries = { day: date, count: 0, notBefore: 0 };
    if (now < this.#tries.notBefore || !this.#options.isIdle()) return;
    if (await this.#review(dayBefore(date))) this.#done = date;
  }

  /** @returns whether the day needs no further look */
  async #review(yesterday: string): Promise<boolean> {
    const { memory, model, logger } = this.#options;
    const answer = await memory.request('GET', `/review?day=${yesterday}`);
    const material = reviewMaterialSchema.safeParse(answer?.body).data;
    if (material === undefined) return false;
    if (material.day === null) return true;
    const name = await model();
    if (name === null || OFFLINE.test(name)) return true;
    let asked: { text: string; turn: string };
    try {
      asked = await this.#options.ask(reviewPrompt(material), this.#stop.signal);
    } catch (error) {
      if (!(error instanceof AgentError) || this.#stop.signal.aborted) throw error;
      this.#tries.count++;
      this.#tries.notBefore = this.#options.clock.now() + PAUSE_MS;
      logger.warn({ reason: error.message, tries: this.#tries.count }, 'the nightly look is put off');
      return this.#tries.count >= MOST_TRIES;
    }
    return this.#apply(material, asked);
  }

  async #apply({ day }: ReviewMaterial, { text, turn }: { text: string; turn: string }): Promise<boolean> {
    const { memory, logger } = this.#options;
    const steps = readSteps(text);
    const problem = steps === null ? { problem: 'The model did not answer with steps.' } : {};
    const body = { day, steps: steps ?? [], turn, ...problem };
    const answer = await memory.request('POST', '/review', { body });
    const review = reviewSchema.safeParse(answer?.body).data;
    if (review === undefined) throw new Error('memory did not carry out the nightly look');
    const { noted, joined, dropped, asked, left } = review;
    const counts = {
      noted: noted.length,
      joined: joined.length,
      dropped: dropped.length,
      asked,
      left: left.length,
    };
    logger.info({ day, ...counts, ...problem }, 'the nightly look is done');
    this.#mayBeUntold = true;
    return true;
  }

  async #tell(): Promise<void> {
    const { memory, notify, calendar, timeZone, activeHours, clock } = this.#options;
    const zone = (await calendar()).zone(timeZone);
    if (!isActive(activeHours, clock.now(), zone)) return;
    const answer = await memory.request('GET', '/reviews');
    const reviews = reviewsSchema.safeParse(answer?.body).data;
    if (reviews === undefined) return;
    for (const review of reviews) {
      const line = review.told || review.undone ? null : reviewLine(review);
      if (line === null) continue;
      await notify(line, `memory-review:${review.id}`);
      await memory.request('POST', '/review/told', { body: { id: review.id } });
    }
    this.#mayBeUntold = false;
  }
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
