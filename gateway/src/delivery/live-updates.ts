/**
 * Brings answers in the making to a chat, at a pace that the platform bears: as a draft where the chat takes drafts, else in
 * messages that are edited. Nothing here has to succeed: the outbox brings the whole answer afterwards.
 *
 * A message that is about to be sent is on disk first, without an id but with its nonce: after a crash it is sent again as the
 * same. Where the platform does not know it again, there may be one that cannot be found, and the stream is left alone.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Channel, ChannelKey, SendResult } from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';
import type { RenderedPart, Renderer } from '../render/part.ts';
import { renderSafely } from '../render/render-safely.ts';
import type { DeliveryRow, LiveRow } from '../store/outbox-store.ts';
import type { Store } from '../store/store.ts';
import { isOpen, LiveDoubt, UNKNOWN_TEXT } from './live-doubt.ts';
import { LiveDraft } from './live-draft.ts';
import { LivePace } from './live-pace.ts';
import { type LiveReply, PLACE } from './live-reply.ts';
import { FIRST_MS, type LiveStep } from './live-step.ts';
import { hashOf, plainOf } from './parts.ts';

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
  readonly #doubt: LiveDoubt;
  /** Nonces of messages that this process began, and does not know to be there. */
  readonly #begunHere = new Set<string>();
  /** What the last call made known, until the disk has taken it. */
  #unrecorded: (() => void) | null = null;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
    const { key, clock } = options;
    this.#pace = new LivePace(key, clock);
    const render = (markdown: string, channel: Channel): RenderedPart[] => this.#render(markdown, channel);
    this.#draft = new LiveDraft({
      key,
      clock,
      pace: this.#pace,
      render,
      refused: (reply, result, channel) => this.#refused(reply, result, channel),
    });
    this.#doubt = new LiveDoubt({ ...options, pace: this.#pace, render });
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

  get replies(): Iterable<LiveReply> {
    return this.#replies;
  }

  get empty(): boolean {
    return this.#replies.size === 0;
  }

  /** What has to be found out before the answer of a turn is brought into the messages that showed it; null for nothing. */
  beforeAnswer(delivery: DeliveryRow, channel: Channel, now: number): LiveStep | null {
    return this.#toRecord(now) ?? this.#doubt.next(delivery, channel, now);
  }

  /** The next update, or when it is due; null where every chat shows what there is. */
  next(channel: Channel, now: number): LiveStep | null {
    const unrecorded = this.#toRecord(now);
    if (unrecorded) return unrecorded;
    const { drafts, abilities } = channel;
    if (abilities.editEveryMs === null) return null;
    let soonest: LiveStep | null = null;
    const drafted = new Set<LiveReply>();
    if (drafts?.serves(this.#options.key)) {
      // If a reply already has messages, then it goes on in those and not in the draft.
      for (const reply of this.#replies) if (reply.messages.size === 0) drafted.add(reply);
      const open = [...drafted].filter(({ updatesEnded, ended }) => !updatesEnded && !ended);
      soonest = this.#draft.next(open, channel, drafts, now);
      if (soonest?.step) return soonest;
    }
    for (const reply of this.#replies) {
      if (drafted.has(reply)) continue;
      const update = this.#pending(reply, channel, now);
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
  #pending(reply: LiveReply, channel: Channel, now: number): Update | null {
    for (const row of reply.messages.values()) {
      if (row.message === null && !isOpen(row, channel, now)) reply.updatesEnded = true;
    }
    if (reply.updatesEnded || reply.ended) return null;
    const first = reply.messages.get(0);
    // If "queued" is the newest message of ours, then the answer replaces its text. Else it would stand above newer messages.
    const place = first?.shown === PLACE ? first.message : null;
    if (place !== null && !reply.waitsInLine && place !== this.newest) {
      return { number: 0, part: null, shown: PLACE };
    }
    for (const [number, whole] of this.#render(reply.view(), channel).entries()) {
      const part = reply.plain ? plainOf(whole) : whole;
      const shown = reply.waitsInLine ? PLACE : hashOf(part);
      const row = reply.messages.get(number);
      if (!row || row.message === null || row.shown !== shown) return { number, part, shown };
    }
    return null;
  }

  #render(markdown: string, channel: Channel): RenderedPart[] {
    const { renderer, logger, key } = this.#options;
    return renderSafely(renderer, markdown, channel.abilities.text, (error) =>
      logger.error({ err: error, channel: key }, 'an answer in the making could not be rendered'),
    );
  }

  async #bring(reply: LiveReply, update: Update, channel: Channel): Promise<void> {
    const { number, part, shown } = update;
    const row = reply.messages.get(number);
    this.#replies.delete(reply); // to the end of the set, so that each reply gets its turn
    this.#replies.add(reply);
    if (part === null) return this.#takeBack(reply, number, row?.message ?? '', channel);
    const result =
      row === undefined || row.message === null
        ? await this.#begin(reply, row, { number, part, shown }, channel)
        : await this.#change(reply, row, row.message, { part, shown }, channel);
    this.#pace.spend(channel);
    if (result.status === 'sent') this.#pace.easeUp(channel);
    else this.#refused(reply, result, channel);
  }

  async #takeBack(reply: LiveReply, number: number, message: string, channel: Channel): Promise<void> {
    const result = await channel.remove(this.#options.key, message);
    if (result.status === 'failed' && result.error.remedy === 'retry') this.#pace.spend(channel);
    else this.#forget(reply, number); // if it cannot be removed, it stays
  }

  /** @param before an earlier try that may have arrived or not, so it is sent again with the same nonce */
  async #begin(
    reply: LiveReply,
    before: LiveRow | undefined,
    { number, part, shown }: Update & { part: RenderedPart },
    channel: Channel,
  ): Promise<SendResult> {
    const { clock, key } = this.#options;
    const nonce = before?.nonce ?? uuidv7();
    const row = before ?? { number, message: null, shown, nonce, begunAt: clock.now() };
    if (!before) this.#save(reply, row);
    // If an earlier process began it, then it is sent as a message, because a stream of that process cannot be continued.
    const live = !before || this.#begunHere.has(nonce);
    const { replyTo } = reply.target;
    const options = { nonce, live, ...(number === 0 && replyTo ? { replyTo } : {}) };
    const result = await channel.send(key, part, options);
    this.sent(result);
    if (result.status === 'sent') {
      // If an earlier try had arrived, then the message has the text of that try, because the platform shows a nonce once.
      this.#begunHere.delete(nonce);
      const shows = before && shown !== PLACE ? UNKNOWN_TEXT : shown;
      this.#record(reply, { ...row, message: result.ids[0] ?? null, shown: shows });
    } else if (result.status === 'failed') {
      const mayBeThere = channel.abilities.sendRepeatableMs > 0 && result.error.remedy === 'retry';
      if (mayBeThere) this.#begunHere.add(nonce);
      else this.#forget(reply, number);
    }
    return result;
  }

  async #change(
    reply: LiveReply,
    row: LiveRow,
    message: string,
    { part, shown }: { part: RenderedPart; shown: string },
    channel: Channel,
  ): Promise<SendResult> {
    const result = await channel.edit(this.#options.key, message, part, { live: true });
    if (result.status === 'sent') this.#record(reply, { ...row, message: result.ids[0] ?? message, shown });
    if (result.status === 'failed' && result.error.remedy === 'send-new') {
      this.#forget(reply, row.number);
      reply.updatesEnded = true; // the person has deleted the message, so only the whole answer is sent
    }
    return result;
  }

  /** Before a call, which is not made unless this is on disk. */
  #save(reply: LiveReply, row: LiveRow): void {
    const { store, key } = this.#options;
    store.transaction('relaxed', () => store.outbox.setLive(reply.turn, key, row));
    reply.messages.set(row.number, row);
  }

  /** After a call. If the disk does not take it now, it is stored later, because a known message must not become one in doubt. */
  #record(reply: LiveReply, row: LiveRow): void {
    const { store, key } = this.#options;
    reply.messages.set(row.number, row);
    this.#unrecorded = () => store.outbox.setLive(reply.turn, key, row);
    this.#recordLast();
  }

  #recordLast(): void {
    const record = this.#unrecorded;
    if (record) this.#options.store.transaction('relaxed', record);
    this.#unrecorded = null;
  }

  #toRecord(now: number): LiveStep | null {
    return this.#unrecorded && { dueAt: now, step: async () => this.#recordLast() };
  }

  #forget(reply: LiveReply, number: number): void {
    const { store } = this.#options;
    store.transaction('relaxed', () => store.outbox.dropLive(reply.turn, number));
    reply.messages.delete(number);
  }

  #refused(reply: LiveReply, result: Exclude<SendResult, { status: 'sent' }>, channel: Channel): void {
    const { logger, key, report } = this.#options;
    const { error, status } = result;
    logger.debug({ channel: key, code: error.code, method: error.method, status }, 'an update was not shown');
    if (error.fatal) report(error);
    if (status === 'unknown' || error.remedy === 'none' || (error.remedy === 'plain' && reply.plain)) {
      reply.updatesEnded = true;
      return;
    }
    if (error.remedy === 'plain') reply.plain = true;
    if (error.retryAfterMs !== null) this.#pace.slowDown(channel, error.retryAfterMs);
  }
}
