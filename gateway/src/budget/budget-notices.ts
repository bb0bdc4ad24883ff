/**
 * Word to the owner about the budget: each step of each day and month once, for good. It is on disk before it is sent,
 * and sent again until it was handed over, so that neither a crash nor a messenger that is not up yet swallows it.
 * Where several steps are crossed by one call the last of them is told.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { NotifyOwner } from '../unasked/ports.ts';
import type { PeriodState, Step } from './period-state.ts';

const KEPT_MS = 62 * 86_400_000; // longer than any period
const ORDER = ['warning', 'unasked-refused', 'all-refused'] as const;
const SUFFIX: Record<Exclude<Step, 'unpriced'>, string> = {
  warning: '',
  'unasked-refused': ':90',
  'all-refused': ':100',
};

export interface BudgetNoticesOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  notify: NotifyOwner;
}

export class BudgetNotices {
  readonly #options: BudgetNoticesOptions;
  /** Keys that are on disk, to spare a look at each call. */
  readonly #known = new Set<string>();
  #waiting = true; // what the process before has left
  #sending: Promise<void> | null = null;

  constructor(options: BudgetNoticesOptions) {
    this.#options = options;
  }

  /** @returns whether this step was not told before */
  tell({ period, start, spent, step, text }: PeriodState): boolean {
    if (step === null) return false;
    const keyOf = (one: Exclude<Step, 'unpriced'>): string => `budget:${period}:${start}${SUFFIX[one]}`;
    const unpriced = `budget:unpriced:${period}:${start}:${spent.unpriced.join()}`;
    const key = step === 'unpriced' ? unpriced : keyOf(step);
    if (this.#known.has(key)) return false;
    const { store, clock, logger } = this.#options;
    const below = step === 'unpriced' ? [] : ORDER.slice(0, ORDER.indexOf(step)).map(keyOf);
    try {
      const now = clock.now();
      const fresh = store.transaction('durable', () => {
        store.usage.forgetNotices(now - KEPT_MS);
        for (const one of below) store.usage.addNotice(one, null, now);
        return store.usage.addNotice(key, `Budget: ${text}`, now);
      });
      for (const one of [...below, key]) this.#known.add(one);
      if (fresh) {
        this.#waiting = true;
        this.send();
      }
      return fresh;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error, key }, 'word about the budget could not be stored'); // the next call tries again
      return false;
    }
  }

  /** Hands over what waits; what is refused waits on. Never throws. */
  send(): void {
    if (!this.#waiting) return;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
  }

  async #send(): Promise<void> {
    const { store, notify, logger } = this.#options;
    this.#waiting = false;
    for (const { key, text } of store.usage.waitingNotices()) {
      try {
        await notify(text, key);
        store.transaction('durable', () => store.usage.noticeSent(key));
      } catch (error) {
        this.#waiting = true;
        logger.warn({ err: error, key }, 'word about the budget waits for a channel of the owner');
      }
    }
  }
}
