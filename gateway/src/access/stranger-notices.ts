/**
 * Who is told when a stranger writes: he himself, and the owner in the chat where he wrote last. Each is told so rarely
 * that nobody can use it to fill a chat. What was counted for a transaction that failed is given back.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { ChannelKey, IncomingMessage } from '../channels/channel.ts';
import { codeAnswer, fullNotice, NO_PLACE, pairingNotice } from './access-texts.ts';
import type { Asking } from './pairings.ts';
import { type Rate, RateLimit } from './rate-limit.ts';

const ONCE_AN_HOUR: Rate = { burst: 1, refillMs: 3_600_000 };
const NO_PLACE_NOTICES: Rate = { burst: 10, refillMs: 360_000 }; // on one platform, to all strangers together
const OWNER_NOTICES: Rate = { burst: 6, refillMs: 1_800_000 };

export interface Notice {
  channel: ChannelKey;
  replyTo: string | null;
  text: string;
}

export interface StrangerNoticesOptions {
  clock: Clock;
  /** Where news for the owner go, if he ever wrote. */
  ownerChannel: () => ChannelKey | null;
}

export class StrangerNotices {
  readonly #ownerChannel: StrangerNoticesOptions['ownerChannel'];
  readonly #hourly: RateLimit;
  readonly #noPlaceNotices: RateLimit;
  readonly #news: RateLimit;

  constructor({ clock, ownerChannel }: StrangerNoticesOptions) {
    this.#ownerChannel = ownerChannel;
    this.#hourly = new RateLimit(clock, ONCE_AN_HOUR);
    this.#noPlaceNotices = new RateLimit(clock, NO_PLACE_NOTICES);
    this.#news = new RateLimit(clock, OWNER_NOTICES);
  }

  /** What is sent after a stranger wrote. @param undos takes what has to be done, last one first, if the transaction fails */
  after(platform: Platform, message: IncomingMessage, asking: Asking, undos: (() => void)[]): Notice[] {
    const passes = (limit: RateLimit, key: string): boolean => {
      const { verdict, undo } = limit.take(key);
      undos.push(undo);
      return verdict === 'passed';
    };
    const { channel, messageId: replyTo, sender } = message;
    const owner = this.#ownerChannel();
    const notices: Notice[] = [];
    if (asking.kind === 'new') {
      notices.push({ channel, replyTo, text: codeAnswer(asking.pairing) });
      if (owner !== null && passes(this.#news, 'pairing')) {
        notices.push({ channel: owner, replyTo: null, text: pairingNotice(asking.pairing, owner) });
      }
    } else if (asking.kind === 'full') {
      if (passes(this.#hourly, `${platform}:${sender.id}`) && passes(this.#noPlaceNotices, platform)) {
        notices.push({ channel, replyTo, text: NO_PLACE });
      }
      if (owner !== null && passes(this.#hourly, platform)) {
        notices.push({ channel: owner, replyTo: null, text: fullNotice(platform, owner) });
      }
    }
    return notices;
  }
}
