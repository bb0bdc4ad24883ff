/**
 * Waits until a file has been quiet before it is read: editors truncate and write, or rename away and back, and what lies
 * between is not an edit. A file that never falls quiet is read all the same after `maxMs`.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';

export const QUIET_MS = 100;
const MAX_MS = 500; // hand edits count within a second

export class Debounce {
  readonly #clock: Clock;
  readonly #task: () => void;
  #timer: Timer | undefined;
  #firstMs = 0;

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock;
    this.#task = task;
  }

  touch(): void {
    const now = this.#clock.now();
    if (this.#timer === undefined) this.#firstMs = now;
    this.#timer?.cancel();
    const delayMs = Math.max(0, Math.min(QUIET_MS, this.#firstMs + MAX_MS - now));
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#task();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
