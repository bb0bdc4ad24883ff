/**
 * How late the event loop is: what it did meanwhile kept everybody else waiting. Measured from the first reading on, since
 * the timer it takes would wake an idle process a hundred times a second; who never asks pays nothing, and some minutes after
 * the last reading nobody does.
 */
import { type ELDHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock, Timer } from '@mobyclaw/lib/clock';

const KEPT_MS = 180_000; // longer than from one reading to the next of whoever reads regularly
const EVERY_MS = 10; // what is shorter than this is seen only in part

export interface DelayReading {
  p50: number;
  p99: number;
  max: number;
}

export class EventLoopDelay {
  readonly #clock: Clock;
  #histogram: ELDHistogram | null = null;
  #off: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether its timer runs. */
  get measuring(): boolean {
    return this.#histogram !== null;
  }

  /** @returns seconds, of the time since the reading before; all 0 at the first one */
  read(): DelayReading {
    this.#off?.cancel();
    this.#off = this.#clock.after(KEPT_MS, () => {
      this.#histogram?.disable();
      this.#histogram = null;
    });
    const histogram = this.#histogram;
    if (histogram === null || histogram.count === 0) {
      this.#histogram ??= monitorEventLoopDelay({ resolution: EVERY_MS });
      this.#histogram.enable();
      return { p50: 0, p99: 0, max: 0 };
    }
    const reading = {
      p50: beyondInterval(histogram.percentile(50)),
      p99: beyondInterval(histogram.percentile(99)),
      max: beyondInterval(histogram.max),
    };
    histogram.reset();
    return reading;
  }
}

/** Node records the time between two beats of its timer, the interval included. */
function beyondInterval(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - EVERY_MS) / 1000;
}
