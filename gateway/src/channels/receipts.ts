/**
 * Receipts that cost a call each: a reaction on the person's message. Only what has to wait gets one, since an answer that
 * comes at once needs no receipt; in a group no more than one every ten seconds, since its calls are few and the answers
 * need them; and where a chat has refused one, it is not asked again on this connection.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import type { ChannelKey } from './channel.ts';
import { ChannelError } from './channel-error.ts';

const GROUP_EVERY_MS = 10_000;
const KEPT_CHATS = 1000;

export interface ReceiptsOptions {
  /** @throws ChannelError */
  react: (to: ChannelKey, messageId: string) => Promise<unknown>;
  isDirect: (to: ChannelKey) => boolean;
  clock: Clock;
}

export class Receipts {
  readonly #options: ReceiptsOptions;
  /** When a chat may get the next one, in milliseconds since the epoch. */
  readonly #next = new BoundedMap<ChannelKey, number>(KEPT_CHATS);

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /** Never rejects for what the platform does. */
  async seen(to: ChannelKey, messageId: string, waits: boolean): Promise<void> {
    const { react, isDirect, clock } = this.#options;
    const now = clock.now();
    if (!waits || now < (this.#next.get(to) ?? 0)) return;
    if (!isDirect(to)) this.#next.set(to, now + GROUP_EVERY_MS);
    try {
      await react(to, messageId);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (error.remedy === 'none') this.#next.set(to, Number.POSITIVE_INFINITY);
      else if (error.retryAfterMs !== null) this.#next.set(to, now + error.retryAfterMs);
    }
  }
}
