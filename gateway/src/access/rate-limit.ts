/** How much one sender may send: a bucket that fills up again with time. In memory, as a restart may forgive. */
import type { Clock } from '@mobyclaw/lib/clock';

const BURST = 30; // messages at once
const REFILL_MS = 2000; // one more each
const WARN_MS = 60_000;
const MOST_SENDERS = 10_000;

interface Bucket {
  left: number;
  at: number;
  warnedAt: number;
}

/** `refused-quietly`: they were told within the last minute. */
export type RateVerdict = 'passed' | 'refused' | 'refused-quietly';

export class RateLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param sentAt when it was written: what piled up while Moby was away was not written fast */
  take(sender: string, sentAt: number): RateVerdict {
    const now = this.#clock.now();
    const bucket = this.#bucket(sender, Math.min(now, sentAt));
    const refilled = Math.max(0, Math.floor((Math.min(now, sentAt) - bucket.at) / REFILL_MS));
    bucket.left = Math.min(BURST, bucket.left + refilled);
    bucket.at += refilled * REFILL_MS;
    if (bucket.left > 0) {
      bucket.left--;
      return 'passed';
    }
    if (now - bucket.warnedAt < WARN_MS) return 'refused-quietly';
    bucket.warnedAt = now;
    return 'refused';
  }

  #bucket(sender: string, now: number): Bucket {
    let bucket = this.#buckets.get(sender);
    if (!bucket) {
      if (this.#buckets.size >= MOST_SENDERS) this.#dropIdle(now);
      bucket = { left: BURST, at: now, warnedAt: Number.NEGATIVE_INFINITY };
      this.#buckets.set(sender, bucket);
    }
    return bucket;
  }

  #dropIdle(now: number): void {
    for (const [sender, { at }] of this.#buckets) {
      if (now - at > BURST * REFILL_MS) this.#buckets.delete(sender);
    }
  }
}
