import type { Clock, Timer } from '@mobyclaw/lib/clock';

interface Pending {
  at: number;
  order: number;
  task: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Timer {
    // Whole milliseconds, as the system's clock tells them; delays with a random part are none.
    const at = this.#now + Math.max(0, Math.trunc(delayMs));
    const entry: Pending = { at, order: this.#order++, task };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Moves time on and runs what falls due, in order; lets promises settle after each task. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = [...this.#pending]
        .filter((entry) => entry.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
    await settle();
  }

  /** Sets the wall clock, as an NTP step or a suspended laptop would, without running timers. Set back, they wait no longer. */
  jump(ms: number): void {
    this.#now += ms;
    if (ms < 0) for (const entry of this.#pending) entry.at += ms;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
