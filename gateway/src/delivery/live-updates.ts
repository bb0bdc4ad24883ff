/**
 * Brings answers in the making to a chat, at a pace that the platform bears: slower after each refusal for pace, faster
 * again when none came for a while. Nothing here has to succeed: the outbox brings the whole answer afterwards.
 *
 * A message that is about to be sent is on disk first, without an id: after a crash it is known that there may be one
 * that cannot be found, and the stream is left alone.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Channel, ChannelKey, SendResult } from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';
import type { Store } from '../store/store.ts';
import { type LiveReply, PLACE } from './live-reply.ts';
import { hashOf, plainOf, renderSafely } from './parts.ts';
import type { RenderedPart, Renderer } from './renderer.ts';

const FIRST_MS = 500; // an answer that is ready by then comes as one message, without a flicker
const SLOWEST_MS = 10_000;
const SPEED_UP_AFTER = 10; // updates without a refusal

export interface LiveUpdatesOptions {
  key: ChannelKey;
  store: Store;
  renderer: Renderer;
  report: (error: ChannelError) => void;
  clock: Clock;
  logger: Logger;
}

interface Update {
  number: number;
  /** Null: the message is taken back. */
  part: RenderedPart | null;
  shown: string;
}

export interface LiveStep {
  dueAt: number;
  /** Present where it is due. */
  step?: () => Promise<void>;
}

export class LiveUpdates {
  readonly #options: LiveUpdatesOptions;
  readonly #replies = new Set<LiveReply>();
  /** The newest message in the chat that is ours, as far as we know. */
  newest: string | null = null;
  #notBefore = 0;
  #paceMs = 0;
  #smooth = 0;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
  }

  add(reply: LiveReply): void {
    this.#replies.add(reply);
  }

  remove(reply: LiveReply): void {
    this.#replies.delete(reply);
  }

  get empty(): boolean {
    return this.#replies.size === 0;
  }

  /** The next update, or when it is due; null where every chat shows what there is. */
  next(channel: Channel, now: number): LiveStep | null {
    const base = this.#basePace(channel);
    if (base === null) return null;
    let soonest: LiveStep | null = null;
    for (const reply of this.#replies) {
      const update = this.#pending(reply, channel);
      if (!update) continue;
      reply.firstAt ??= now;
      const first = reply.messages.size === 0 && !reply.waitsInLine ? reply.firstAt + FIRST_MS : 0;
      const dueAt = Math.max(first, this.#notBefore);
      if (dueAt <= now) return { dueAt, step: () => this.#bring(reply, update, channel) };
      if (!soonest || dueAt < soonest.dueAt) soonest = { dueAt };
    }
    return soonest;
  }

  /** The first message of a reply that does not show what it should. */
  #pending(reply: LiveReply, channel: Channel): Update | null {
    if (reply.blind || reply.ended) return null;
    const { renderer, logger } = this.#options;
    const first = reply.messages.get(0);
    // The answer takes the place of "queued" where that is the last word in the chat; else it would stand too far up.
    if (first?.shown === PLACE && !reply.waitsInLine && first.message !== this.newest) {
      return { number: 0, part: null, shown: PLACE };
    }
    const rendered = renderSafely(renderer, reply.view(), channel.abilities.text, (error) =>
      logger.error({ err: error, turn: reply.turn }, 'an answer in the making could not be rendered'),
    );
    for (const [number, whole] of rendered.entries()) {
      const part = reply.plain ? plainOf(whole) : whole;
      const shown = reply.waitsInLine ? PLACE : hashOf(part);
      if (reply.messages.get(number)?.shown !== shown) return { number, part, shown };
    }
    return null;
  }

  async #bring(reply: LiveReply, { number, part, shown }: Update, channel: Channel): Promise<void> {
    const { store, key, clock } = this.#options;
    const message = reply.messages.get(number)?.message ?? null;
    this.#replies.delete(reply); // behind the others, so that each gets its turn
    this.#replies.add(reply);
    const save = (id: string | null): void => {
      store.transaction('relaxed', () =>
        store.outbox.setLive(reply.turn, key, { number, message: id, shown }),
      );
      reply.messages.set(number, { number, message: id, shown });
    };
    const forget = (): void => {
      store.transaction('relaxed', () => store.outbox.dropLive(reply.turn, number));
      reply.messages.delete(number);
    };
    let result: SendResult;
    if (part === null) {
      result = await channel.remove(key, message ?? '');
      if (result.status === 'failed' && result.error.remedy === 'retry') {
        this.#notBefore = clock.now() + this.#pace(channel);
      } else forget(); // one that cannot be taken back stays where it is
      return;
    }
    if (message === null) {
      save(null);
      const { replyTo } = reply.target;
      const options = { nonce: uuidv7(), live: true, ...(number === 0 && replyTo ? { replyTo } : {}) };
      result = await channel.send(key, part, options);
      if (result.status === 'failed') forget();
      if (result.status === 'sent') this.newest = result.ids.at(-1) ?? null;
    } else {
      result = await channel.edit(key, message, part, { live: true });
      if (result.status === 'failed' && result.error.remedy === 'send-new') {
        forget();
        reply.blind = true; // the person took it away: the answer comes when it is whole
      }
    }
    this.#notBefore = clock.now() + this.#pace(channel);
    if (result.status === 'sent') {
      save(result.ids[0] ?? message);
      this.#easeUp(channel);
    } else this.#refused(reply, result, channel);
  }

  #refused(reply: LiveReply, result: Exclude<SendResult, { status: 'sent' }>, channel: Channel): void {
    const { logger, key, report, clock } = this.#options;
    const { error, status } = result;
    logger.debug({ channel: key, code: error.code, method: error.method, status }, 'an update was not shown');
    if (error.fatal) report(error);
    if (status === 'unknown' || error.remedy === 'none' || (error.remedy === 'plain' && reply.plain)) {
      reply.blind = true;
      return;
    }
    if (error.remedy === 'plain') reply.plain = true;
    if (error.retryAfterMs !== null) {
      this.#smooth = 0;
      this.#paceMs = Math.min(SLOWEST_MS, this.#pace(channel) * 2);
      this.#notBefore = Math.max(this.#notBefore, clock.now() + error.retryAfterMs);
    }
  }

  /** Milliseconds between two edits as the platform has it; null where it has none. */
  #basePace({ abilities }: Channel): number | null {
    if (abilities.editEveryMs === null) return null;
    const direct = this.#options.key.includes(':dm:');
    return direct ? abilities.editEveryMs : (abilities.groupEditEveryMs ?? abilities.editEveryMs);
  }

  #pace(channel: Channel): number {
    return Math.max(this.#paceMs, this.#basePace(channel) ?? 0);
  }

  #easeUp(channel: Channel): void {
    if (++this.#smooth % SPEED_UP_AFTER === 0) this.#paceMs = this.#pace(channel) / 2;
  }
}
