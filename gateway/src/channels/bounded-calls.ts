/**
 * Calls to a platform, each bounded in time. When the channel closes, what is under way may finish for a moment, since of
 * a send that is cut nobody knows whether it arrived; then it is cut.
 */
import type { Clock } from '@mobyclaw/lib/clock';

const CLOSE_GRACE_MS = 5000;

export interface CallBounds {
  timeoutMs?: number;
  /** Ends the call; for calls without an effect only. */
  signal?: AbortSignal;
}

export class BoundedCalls {
  readonly #clock: Clock;
  readonly #callMs: number;
  readonly #running = new Set<Promise<unknown>>();
  readonly #cut = new AbortController();

  /** @param callMs longest time that a call takes unless it says otherwise */
  constructor(clock: Clock, callMs: number) {
    this.#clock = clock;
    this.#callMs = callMs;
  }

  /**
   * @param begin is to end with the signal
   * @param toError what is thrown where it failed; `timedOut`: it took too long
   */
  async run<T>(
    begin: (signal: AbortSignal) => Promise<T>,
    toError: (cause: unknown, timedOut: boolean) => Error,
    { timeoutMs = this.#callMs, signal }: CallBounds = {},
  ): Promise<T> {
    const late = new AbortController();
    const timer = this.#clock.after(timeoutMs, () => late.abort());
    const call = begin(AbortSignal.any([late.signal, this.#cut.signal, ...(signal ? [signal] : [])]));
    this.#running.add(call);
    try {
      return await call;
    } catch (cause) {
      throw toError(cause, late.signal.aborted);
    } finally {
      timer.cancel();
      this.#running.delete(call);
    }
  }

  /** Waits for what is under way, and cuts what takes too long. */
  async close(): Promise<void> {
    const timer = this.#clock.after(CLOSE_GRACE_MS, () => this.#cut.abort());
    await Promise.allSettled(this.#running);
    timer.cancel();
    this.#cut.abort();
  }
}
