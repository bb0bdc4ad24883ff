/** How often a chat is shown something new: slower after each refusal for pace, faster again when none came for a while. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Channel, ChannelKey } from '../channels/channel.ts';

const SLOWEST_MS = 10_000;
const SPEED_UP_AFTER = 10; // updates without a refusal

export class LivePace {
  /** Time before which nothing is to be shown, in milliseconds since the epoch. */
  notBefore = 0;
  readonly #direct: boolean;
  readonly #clock: Clock;
  #ms = 0;
  #smooth = 0;

  constructor(key: ChannelKey, clock: Clock) {
    this.#direct = key.includes(':dm:');
    this.#clock = clock;
  }

  /** An update was tried: the next one has to wait. */
  spend(channel: Channel): void {
    this.notBefore = this.#clock.now() + this.#pace(channel);
  }

  /** It went well. */
  easeUp(channel: Channel): void {
    if (++this.#smooth % SPEED_UP_AFTER === 0) this.#ms = this.#pace(channel) / 2;
  }

  /** The platform asked for a pause. */
  slowDown(channel: Channel, retryAfterMs: number): void {
    this.#smooth = 0;
    this.#ms = Math.min(SLOWEST_MS, this.#pace(channel) * 2);
    this.notBefore = Math.max(this.notBefore, this.#clock.now() + retryAfterMs);
  }

  #pace({ abilities }: Channel): number {
    const { editEveryMs, groupEditEveryMs } = abilities;
    return Math.max(this.#ms, (this.#direct ? editEveryMs : (groupEditEveryMs ?? editEveryMs)) ?? 0);
  }
}
