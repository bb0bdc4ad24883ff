/** Forgets schedules that have finished, with their record, 30 days after they did; a few at once, each hour. */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Store } from '../store/store.ts';

const KEPT_MS = 30 * 86_400_000; // for whoever asks whether he was reminded
const AT_ONCE = 1000;
const INTERVAL_MS = 3_600_000;

export interface JobRetentionOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
}

export class JobRetention {
  readonly #options: JobRetentionOptions;
  #timer: Timer | null = null;

  constructor(options: JobRetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(INTERVAL_MS, () => {
      this.#sweep();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #sweep(): void {
    const { store, clock, logger } = this.#options;
    try {
      const finished = store.jobs.finishedBefore(clock.now() - KEPT_MS, AT_ONCE);
      if (finished.length === 0) return;
      store.transaction('relaxed', () => {
        for (const id of finished) {
          store.jobRuns.deleteOf(id);
          store.jobs.delete(id);
        }
      });
    } catch (error) {
      logger.error({ err: error }, 'schedules that have finished could not be removed'); // the next hour tries again
    }
  }
}
