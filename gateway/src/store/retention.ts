/** Forgets what is only kept for a time: event logs of finished turns, keys of the inbox. */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Store } from './store.ts';

const EVENTS_MS = 24 * 3_600_000; // a client that was away for a day asks for the answer, not for the stream
const INBOX_MS = 30 * 86_400_000; // longer than any platform redelivers
const INTERVAL_MS = 3_600_000;

export class Retention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | null = null;

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = this.#clock.after(INTERVAL_MS, () => {
      this.sweep();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  sweep(): void {
    const now = this.#clock.now();
    try {
      this.#store.transaction('relaxed', () => {
        this.#store.events.forgetFinishedBefore(now - EVENTS_MS);
        this.#store.turns.forgetInboxBefore(now - INBOX_MS);
      });
    } catch (error) {
      // Nothing depends on it now; the next hour tries again.
      this.#logger.error({ err: error }, 'old events could not be removed');
    }
  }
}
