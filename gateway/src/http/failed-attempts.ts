/**
 * How often somebody may be wrong in a minute. Only what failed is counted, so a right secret always passes and nobody can
 * lock the owner out. In memory: a restart forgives.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';

const MOST = 10; // for each and window
const WINDOW_MS = 60_000;
const MOST_KNOWN = 10_000;

export class FailedAttempts {
  readonly #clock: Clock;
  readonly #failures = new BoundedMap<string, { count: number; since: number }>(MOST_KNOWN);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one more. @returns seconds to wait where there were too many, else null */
  add(who: string): number | null {
    const now = this.#clock.now();
    let entry = this.#failures.get(who);
    if (!entry || now - entry.since > WINDOW_MS) {
      entry = { count: 0, since: now };
      this.#failures.set(who, entry);
    }
    entry.count++;
    return entry.count > MOST ? Math.ceil((entry.since + WINDOW_MS - now) / 1000) : null;
  }
}
