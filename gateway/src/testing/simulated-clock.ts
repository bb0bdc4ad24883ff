import type { Clock, Timer } from '@mobyclaw/lib/clock';

interface Pending {
  at: number;
  order: number;
  task: () => void;
}

/**
 * A clock for years: like testkit's ManualClock, but it lets promises settle only where a task did not just go back to
 * sleep, so that millions of wake-ups cost seconds.
 */
export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  #pending: Pending[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, Math.ceil(delayMs)), order: this.#order++, task };
    this.#pending.push(entry);
    return { cancel: () => this.#drop(entry) };
  }

  /** Forgets all timers, as a killed process does. */
  kill(): void {
    this.#pending = [];
  }

  /** Sets the wall clock; timers keep their distance, as they do on a real machine. */
  jump(ms: number): void {
    this.#now += ms;
    for (const entry of this.#pending) entry.at += ms;
  }

  /** Moves on to `end`, or to when `until` says so, which is asked whenever something happened. */
  async advanceTo(endMs: number, until: () => boolean = () => false): Promise<void> {
    const end = Math.round(endMs); // as the system's clock, which knows whole milliseconds
    for (;;) {
      const next = this.#earliest();
      if (!next || next.at > end) {
        await settle();
        if (until()) return;
        const late = this.#earliest();
        if (late && late.at <= end) continue;
        this.#now = Math.max(this.#now, end);
        return;
      }
      this.#drop(next);
      this.#now = Math.max(this.#now, next.at);
      const before = this.#order;
      next.task();
      const wentToSleep = this.#order === before + 1 && this.#pending.at(-1)?.order === before;
      if (wentToSleep && (this.#pending.at(-1)?.at ?? 0) > this.#now) continue;
      await settle();
      if (until()) return;
    }
  }

  #earliest(): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    return first;
  }

  #drop(entry: Pending): void {
    const index = this.#pending.indexOf(entry);
    if (index >= 0) this.#pending.splice(index, 1);
  }
}

export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}
