/**
 * Forgets what is only kept for a time: event logs of finished turns, keys of the inbox. In slices of some milliseconds, a
 * transaction each, so that no answer waits for a day's logs to go; what a stop or a full disk leaves is taken up by the
 * next hour.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Store } from './store.ts';

const EVENTS_MS = 24 * 3_600_000; // a client that was away for a day asks for the answer, not for the stream
const INBOX_MS = 30 * 86_400_000; // longer than any platform redelivers
const ROWS_AT_ONCE = 2000; // some 5 ms
const FIRST_MS = 60_000; // after the start, or a gateway that is restarted within each hour would never do it
const INTERVAL_MS = 3_600_000;

export class Retention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(firstMs = FIRST_MS): void {
    this.#timer = this.#clock.after(firstMs, () => {
      void this.sweep();
      this.start(INTERVAL_MS);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Resolves when all that is old is gone, or `stop` was called. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    const { events, turns } = this.#store;
    try {
      let after: number | null = 0;
      await this.#inSlices(() => {
        after = events.forgetFinishedBefore(now - EVENTS_MS, after ?? 0, ROWS_AT_ONCE);
        return after !== null;
      });
      await this.#inSlices(() => turns.forgetInboxBefore(now - INBOX_MS, ROWS_AT_ONCE) === ROWS_AT_ONCE);
    } catch (error) {
      // Nothing depends on it now; the next hour tries again.
      this.#logger.error({ err: error }, 'what is old could not be removed');
    }
  }

  /** @param slice returns whether there may be more */
  async #inSlices(slice: () => boolean): Promise<void> {
    while (!this.#stopped && this.#store.transaction('relaxed', slice)) await nextTurn();
  }
}
