/**
 * Lets no turn begin for a while, so that Moby or a part of him can be restarted without cutting an answer. It is asked
 * for over and over (`POST /api/pause`), and ends by itself where whoever asked for it is gone.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';

export interface TurnPauseOptions {
  lanes: { hold(): { resume(): void } };
  clock: Clock;
  logger: Logger;
}

export class TurnPause {
  readonly #options: TurnPauseOptions;
  #held: { resume(): void } | null = null;
  #timer: Timer | null = null;

  constructor(options: TurnPauseOptions) {
    this.#options = options;
  }

  /** @returns when it ends unless it is asked for again, in milliseconds since the epoch */
  keep(forMs: number): number {
    const { lanes, clock, logger } = this.#options;
    this.#timer?.cancel();
    this.#held ??= lanes.hold();
    this.#timer = clock.after(forMs, () => {
      logger.warn('turns begin again: nobody asked for the pause any more');
      this.end();
    });
    return clock.now() + forMs;
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#held?.resume();
    this.#held = null;
  }
}
