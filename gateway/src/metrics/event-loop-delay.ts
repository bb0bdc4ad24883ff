/**
 * How late the event loop is: what it did meanwhile kept everybody else waiting. Measured from the first reading on, since
 * the timer it takes would wake an idle process a hundred times a second; who never asks pays nothing.
 */
import { type ELDHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const EVERY_MS = 10; // what is shorter than this is seen only in part

export interface DelayReading {
  p50: number;
  p99: number;
  max: number;
}

export class EventLoopDelay {
  #histogram: ELDHistogram | null = null;

  /** @returns seconds, of the time since the reading before; all 0 at the first one */
  read(): DelayReading {
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
