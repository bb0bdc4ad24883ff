/**
 * How much one sender may send: a bucket that fills up again with time. In memory, as a restart may forgive. What was
 * taken for something that then did not happen is given back, so that a full disk does not use the bucket up.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';

const MESSAGES: Rate = { burst: 30, refillMs: 2000 };
const WARN_MS = 60_000;
const MOST_SENDERS = 10_000; // beyond, whoever wrote longest ago is forgotten

export interface Rate {
  /** At once. */
  burst: number;
  /** One more each. */
  refillMs: number;
}

interface Bucket {
  left: number;
  at: number;
  warnedAt: number;
}

/** `refused-quietly`: they were told within the last minute. */
export type RateVerdict = 'passed' | 'refused' | 'refused-quietly';

export interface Taken {
  verdict: RateVerdict;
  /** Gives back what was taken. If several are undone, then the last one first. */
  undo: () => void;
}

export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: Rate;
  /** Whoever wrote last is at its end. */
  readonly #buckets = new BoundedMap<string, Bucket>(MOST_SENDERS);

  constructor(clock: Clock, rate = MESSAGES) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** @param sentAt when it was written: what piled up while Moby was away was not written fast */
  take(sender: string, sentAt = this.#clock.now()): Taken {
    const { burst, refillMs } = this.#rate;
    const now = this.#clock.now();
    const at = Math.min(now, sentAt);
    const before = this.#buckets.get(sender);
    const bucket = before ? { ...before } : { left: burst, at, warnedAt: Number.NEGATIVE_INFINITY };
    const refilled = Math.max(0, Math.floor((at - bucket.at) / refillMs));
    bucket.left = Math.min(burst, bucket.left + refilled);
    bucket.at += refilled * refillMs;
    const verdict =
      bucket.left > 0 ? 'passed' : now - bucket.warnedAt < WARN_MS ? 'refused-quietly' : 'refused';
    if (verdict === 'passed') bucket.left--;
    if (verdict === 'refused') bucket.warnedAt = now;
    this.#buckets.set(sender, bucket);
    return {
      verdict,
      undo: () => (before ? this.#buckets.set(sender, before) : this.#buckets.delete(sender)),
    };
  }
}
