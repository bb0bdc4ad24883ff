/**
 * Sending, editing and taking back. Slack has no key by which it would know a repeated `chat.postMessage`, but it keeps
 * metadata with a message: each carries its nonce there, and where it is in doubt whether a message was sent, by a call
 * that broke off or by a connection before this one, the conversation is searched for it first.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { RenderedPart } from '../../render/part.ts';
import type { Button, ChannelKey, EditOptions, SendOptions, SendResult } from '../channel.ts';
import type { SlackApi } from './api.ts';
import { blocksWith } from './buttons.ts';
import { SlackError } from './errors.ts';
import type { Me } from './inbound.ts';
import { type Place, placeOf, readMessageId } from './keys.ts';
import type { Receiver } from './receiver.ts';
import { Streams } from './streams.ts';
import type { Threads } from './threads.ts';

const EVENT_TYPE = 'mobyclaw_part';
const SEARCHED = 200; // messages, the newest first
const CLOCK_SKEW_MS = 300_000;

const GONE: ReadonlySet<string> = new Set(['message_not_found', 'thread_not_found']);

export interface OutboundOptions {
  api: SlackApi;
  me: Me;
  receiver: Receiver;
  threads: Threads;
  clock: Clock;
}

export class Outbound {
  readonly streams: Streams;
  readonly #options: OutboundOptions;
  readonly #openedAt: number;
  readonly #doubtful = new Set<string>();

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#openedAt = options.clock.now();
    this.streams = new Streams(options.api, options.clock);
  }

  async send(to: ChannelKey, part: RenderedPart, options: SendOptions): Promise<SendResult> {
    const { replyTo, nonce, live, buttons } = options;
    const place = withThread(placeOf(to), replyTo);
    if (live && place.thread !== null) {
      const begun = await this.#stream(place, place.thread, replyTo, part);
      if (begun) return begun;
    }
    if (this.#mayBeThere(nonce)) {
      const found = await this.#find(place, nonce);
      if (found.status !== 'absent') return found;
    }
    const result = await this.#post(place, part, nonce, buttons);
    if (result.status === 'sent' && place.thread !== null && !place.direct) {
      this.#options.threads.join(place.channel, place.thread);
    }
    return result;
  }

  async edit(
    to: ChannelKey,
    id: string,
    part: RenderedPart,
    { live, buttons }: EditOptions,
  ): Promise<SendResult> {
    const { channel } = placeOf(to);
    if (this.streams.has(id)) {
      const result = live ? await this.streams.append(id, part) : await this.streams.end(id);
      if (result) return result;
    }
    const text = textOf(part);
    const edit = (): Promise<unknown> =>
      // Without an empty list Slack keeps the blocks that are there, such as those that a stream has made.
      this.#options.api.call('chat.update', { channel, ts: id, text, blocks: blocksWith(text, buttons) });
    try {
      await edit().catch(async (error: unknown) => {
        if (!(error instanceof SlackError) || error.code !== 'streaming_state_conflict') throw error;
        await this.streams.end(id, channel); // begun by a connection before this one
        await edit();
      });
      return { status: 'sent', ids: [id] };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return { status: 'failed', error };
    }
  }

  async remove(to: ChannelKey, id: string): Promise<SendResult> {
    const { channel } = placeOf(to);
    if (this.streams.has(id)) await this.streams.end(id);
    try {
      await this.#options.api.call('chat.delete', { channel, ts: id });
      return { status: 'sent', ids: [] };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return GONE.has(error.code) ? { status: 'sent', ids: [] } : { status: 'failed', error };
    }
  }

  /** @returns null where there is no way to stream there */
  async #stream(
    { channel, direct }: Place,
    thread: string,
    replyTo: string | undefined,
    part: RenderedPart,
  ): Promise<SendResult | null> {
    const { me, receiver, threads } = this.#options;
    const user = replyTo === undefined ? null : receiver.askerOf(channel, readMessageId(replyTo).ts);
    if (!direct && user === null) return null;
    const recipient = direct || user === null ? null : { user, team: me.team };
    const begun = await this.streams.begin({ channel, thread, recipient }, part);
    if (begun?.status === 'sent' && !direct) threads.join(channel, thread);
    return begun;
  }

  async #post(
    place: Place,
    part: RenderedPart,
    nonce: string,
    buttons: readonly Button[] = [],
  ): Promise<SendResult> {
    const { channel, thread } = place;
    const text = textOf(part);
    try {
      const { ts } = await this.#options.api.call<{ ts: string }>('chat.postMessage', {
        channel,
        text,
        ...(buttons.length > 0 ? { blocks: blocksWith(text, buttons) } : {}),
        ...(thread === null ? {} : { thread_ts: thread }),
        unfurl_links: false,
        unfurl_media: false,
        metadata: { event_type: EVENT_TYPE, event_payload: { nonce } },
      });
      this.#doubtful.delete(nonce);
      return { status: 'sent', ids: ts === undefined ? [] : [ts] };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      if (thread !== null && GONE.has(error.code)) {
        return this.#post({ ...place, thread: null }, part, nonce, buttons);
      }
      if (error.effect === 'none') return { status: 'failed', error };
      this.#doubtful.add(nonce);
      const found = await this.#find(place, nonce);
      return found.status === 'absent' ? { status: 'failed', error } : found;
    }
  }

  #mayBeThere(nonce: string): boolean {
    const madeAt = timeOf(nonce);
    return this.#doubtful.has(nonce) || (madeAt !== null && madeAt < this.#openedAt);
  }

  /**
   * Looks for the message that carries this nonce.
   * @returns where it could not be looked for: failed, to be tried again; or unknown, where Slack does not let us look
   */
  async #find({ channel, thread }: Place, nonce: string): Promise<SendResult | { status: 'absent' }> {
    interface Answer {
      messages: { ts: string; metadata?: { event_payload?: { nonce?: string } } }[];
    }
    const since = ((timeOf(nonce) ?? this.#openedAt) - CLOCK_SKEW_MS) / 1000;
    const scope = { channel, oldest: since.toFixed(6), limit: SEARCHED, include_all_metadata: true };
    try {
      const { messages = [] } =
        thread === null
          ? await this.#options.api.call<Answer>('conversations.history', scope)
          : await this.#options.api.call<Answer>('conversations.replies', { ...scope, ts: thread });
      const found = messages.find(({ metadata }) => metadata?.event_payload?.nonce === nonce);
      return found ? { status: 'sent', ids: [found.ts] } : { status: 'absent' };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      if (error.remedy === 'retry') return { status: 'failed', error };
      return { status: 'unknown', error };
    }
  }
}

/** In direct messages the answer goes to where the question stands. */
export function withThread(place: Place, replyTo: string | undefined): Place {
  if (!place.direct || replyTo === undefined) return place;
  return { ...place, thread: readMessageId(replyTo).thread };
}

/** What is refused for its form comes as plain text, which Slack wants escaped too. */
function textOf({ text, plain }: RenderedPart): string {
  if (text !== plain) return text;
  return escaped(plain);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** When a UUIDv7 was made, in milliseconds since the epoch. */
function timeOf(nonce: string): number | null {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(nonce)
    ? Number.parseInt(nonce.replace('-', '').slice(0, 12), 16)
    : null;
}
