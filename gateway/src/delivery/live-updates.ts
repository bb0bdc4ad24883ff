/**
 * Brings answers in the making to a chat, at a pace that the platform bears: as a draft where the chat takes drafts, else in
 * messages that are edited. Nothing here has to succeed: the outbox brings the whole answer afterwards.
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
import { LiveDraft } from './live-draft.ts';
import { LivePace } from './live-pace.ts';
import { type LiveReply, PLACE } from './live-reply.ts';
import { FIRST_MS, type LiveStep } from './live-step.ts';
import { hashOf, plainOf, renderSafely } from './parts.ts';
import type { RenderedPart, Renderer } from './renderer.ts';

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

export class LiveUpdates {
  readonly #options: LiveUpdatesOptions;
  readonly #replies = new Set<LiveReply>();
  /** The newest message in the chat that is ours, as far as we know. */
  newest: string | null = null;
  readonly #pace: LivePace;
  readonly #draft: LiveDraft;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
    const { key, clock } = options;
    this.#pace = new LivePace(key, clock);
    this.#draft = new LiveDraft({
      key,
      clock,
      pace: this.#pace,
      render: (reply, markdown, channel) => this.#render(reply, markdown, channel),
      refused: (reply, result, channel) => this.#refused(reply, result, channel),
    });
  }

  /** A message went to the chat, or may have. */
  sent(result: SendResult): void {
    if (result.status === 'sent') this.newest = result.ids.at(-1) ?? null;
    if (result.status !== 'failed') this.#draft.gone();
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
    const { drafts, abilities } = channel;
    if (abilities.editEveryMs === null) return null;
    let soonest: LiveStep | null = null;
    const drafted = new Set<LiveReply>();
    if (drafts?.serves(this.#options.key)) {
      // One that has messages began by edits, and goes on in them.
      for (const reply of this.#replies) if (reply.messages.size === 0) drafted.add(reply);
      const open = [...drafted].filter(({ blind, ended }) => !blind && !ended);
      soonest = this.#draft.next(open, channel, drafts, now);
      if (soonest?.step) return soonest;
    }
    for (const reply of this.#replies) {
      if (drafted.has(reply)) continue;
      const update = this.#pending(reply, channel);
      if (!update) continue;
      reply.firstAt ??= now;
      const first = reply.messages.size === 0 && !reply.waitsInLine ? reply.firstAt + FIRST_MS : 0;
      const dueAt = Math.max(first, this.#pace.notBefore);
      if (dueAt <= now) return { dueAt, step: () => this.#bring(reply, update, channel) };
      if (!soonest || dueAt < soonest.dueAt) soonest = { dueAt };
    }
    return soonest;
  }

  /** The first message of a reply that does not show what it should. */
  #pending(reply: LiveReply, channel: Channel): Update | null {
    if (reply.blind || reply.ended) return null;
    const first = reply.messages.get(0);
    // The answer takes the place of "queued" where that is the last word in the chat; else it would stand too far up.
    if (first?.shown === PLACE && !reply.waitsInLine && first.message !== this.newest) {
      return { number: 0, part: null, shown: PLACE };
    }
    for (const [number, whole] of this.#render(reply, reply.view(), channel).entries()) {
      const part = reply.plain ? plainOf(whole) : whole;
      const shown = reply.waitsInLine ? PLACE : hashOf(part);
      if (reply.messages.get(number)?.shown !== shown) return { number, part, shown };
    }
    return null;
  }

  #render(reply: LiveReply, markdown: string, channel: Channel): RenderedPart[] {
    const { renderer, logger } = this.#options;
    return renderSafely(renderer, markdown, channel.abilities.text, (error) =>
      logger.error({ err: error, turn: reply.turn }, 'an answer in the making could not be rendered'),
    );
  }

  async #bring(reply: LiveReply, { number, part, shown }: Update, channel: Channel): Promise<void> {
    const { store, key } = this.#options;
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
        this.#pace.spend(channel);
      } else forget(); // one that cannot be taken back stays where it is
      return;
    }
    if (message === null) {
      save(null);
      const { replyTo } = reply.target;
      const options = { nonce: uuidv7(), live: true, ...(number === 0 && replyTo ? { replyTo } : {}) };
      result = await channel.send(key, part, options);
      if (result.status === 'failed') forget();
      this.sent(result);
    } else {
      result = await channel.edit(key, message, part, { live: true });
      if (result.status === 'failed' && result.error.remedy === 'send-new') {
        forget();
        reply.blind = true; // the person took it away: the answer comes when it is whole
      }
    }
    this.#pace.spend(channel);
    if (result.status === 'sent') {
      save(result.ids[0] ?? message);
      this.#pace.easeUp(channel);
    } else this.#refused(reply, result, channel);
  }

  #refused(reply: LiveReply, result: Exclude<SendResult, { status: 'sent' }>, channel: Channel): void {
    const { logger, key, report } = this.#options;
    const { error, status } = result;
    logger.debug({ channel: key, code: error.code, method: error.method, status }, 'an update was not shown');
    if (error.fatal) report(error);
    if (status === 'unknown' || error.remedy === 'none' || (error.remedy === 'plain' && reply.plain)) {
      reply.blind = true;
      return;
    }
    if (error.remedy === 'plain') reply.plain = true;
    if (error.retryAfterMs !== null) this.#pace.slowDown(channel, error.retryAfterMs);
  }
}
