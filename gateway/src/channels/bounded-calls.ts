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
  #closed = false;
  /**
   * One for each call: a signal of the whole connection would keep what the libraries hang on it, and never take off,
   * for as long as that lasts.
   */
  readonly #ends = new Set<AbortController>();

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
    const end = new AbortController();
    const cut = (): void => end.abort();
    let late = false;
    const timer = this.#clock.after(timeoutMs, () => {
      late = true;
      cut();
    });
    if (this.#closed || signal?.aborted) cut();
    signal?.addEventListener('abort', cut, { once: true });
    const call = begin(end.signal);
    this.#running.add(call);
    this.#ends.add(end);
    try {
      return await call;
    } catch (cause) {
      throw toError(cause, late);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', cut);
      this.#running.delete(call);
      this.#ends.delete(end);
    }
  }

  /** Waits for what is under way, and cuts what takes too long. */
  async close(): Promise<void> {
    const timer = this.#clock.after(CLOSE_GRACE_MS, () => this.#cutAll());
    await Promise.allSettled(this.#running);
    timer.cancel();
    this.#cutAll();
  }

  #cutAll(): void {
    this.#closed = true;
    for (const end of this.#ends) end.abort();
  }
}
