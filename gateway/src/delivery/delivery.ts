/**
 * Everything that goes out to the platforms. It keeps a lane for each chat with something to say, lets lanes follow the
 * turns whose answers they show, and takes up after a start what the process before left: the outbox, and the answers in
 * the making, which go on in the messages that they were in.
 */
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Attachment, QueueMode } from '@mobyclaw/protocol/prompt';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Channel, ChannelKey } from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';
import type { Renderer } from '../render/part.ts';
import { isConversation } from '../store/conversation.ts';
import { recordSent } from '../store/sent-record.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { ChatLane } from './chat-lane.ts';
import { LiveReply } from './live-reply.ts';
import { TurnTyping, TypingSigns } from './typing.ts';

const FORGET_LANES_MS = 3_600_000;

export interface DeliveryOptions {
  store: Store;
  /** The connection of a platform, while there is one. */
  channel: (platform: string) => Channel | null;
  report: (platform: string, error: ChannelError) => void;
  rendererOf: (platform: string) => Renderer;
  timeZone: string;
  /** Hands over all events of a turn, from the first one. @returns unsubscribes, or null where there is no such turn */
  follow: (turn: string, listener: (event: NumberedEvent) => void) => (() => void) | null;
  defaultQueueMode: QueueMode;
  clock: Clock;
  logger: Logger;
}

export interface Outgoing {
  channel: ChannelKey;
  /** Markdown. */
  text: string;
  files?: readonly Attachment[];
  replyTo?: string;
  /** A UUID; a repeat with the same one is the same delivery. */
  id?: string;
  /** As in `Sent`; left out where it is no part of the conversation. */
  sentBy?: string | null;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #lanes = new Map<ChannelKey, ChatLane>();
  /** Turns whose answers are shown, each with what shows and hides the typing sign. */
  readonly #watched = new Map<string, TurnTyping>();
  readonly #typing: TypingSigns;
  /** Lets go of the lanes of chats in which nothing happens any more. */
  #forgetting: Timer | null = null;
  #closed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#typing = new TypingSigns(
      options.channel,
      (chat) => options.store.names.current(chat),
      options.clock,
    );
  }

  /** Takes up what is in the outbox and follows the turns that are under way. */
  start(): void {
    const { store } = this.#options;
    for (const turn of store.turns.openWithDelivery()) this.watch(turn);
    for (const channel of store.outbox.waitingChannels()) this.wake(channel);
    this.#forgetting = every(this.#options.clock, FORGET_LANES_MS, () => {
      for (const [key, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(key);
    });
  }

  /** Puts a message into the outbox. @returns its id; it is on disk then */
  put(
    { channel, text, files = [], replyTo, id = uuidv7(), sentBy }: Outgoing,
    kind: 'message' | 'notice' = 'message',
  ): string {
    const { store, clock } = this.#options;
    if (store.outbox.find(id)) return id;
    const createdAt = clock.now();
    store.transaction('durable', () => {
      store.outbox.insert({
        id,
        channel,
        replyTo: replyTo ?? null,
        turn: null,
        kind,
        text,
        files,
        createdAt,
      });
      if (sentBy !== undefined) {
        recordSent(store, { session: channel, id, text, files, sentBy, at: createdAt });
      }
    });
    this.wake(channel);
    return id;
  }

  /** Something for this channel may be due. */
  wake(channel: ChannelKey): void {
    if (!this.#closed) this.#lane(channel).wake();
  }

  /**
   * Chats go on under other keys: what is under way for the ones before goes to the ones that they are now.
   * @param newMessages messages from before cannot be reached there
   */
  renamed(newMessages: boolean): void {
    for (const [before, lane] of [...this.#lanes]) {
      const key = this.#options.store.names.current(before);
      if (key === before) continue;
      this.#lanes.delete(before);
      const next = this.#lane(key);
      next.takeOver(lane, newMessages);
      next.wake();
    }
  }

  /** A platform can be reached again. */
  platformUp(platform: Platform): void {
    const waiting = this.#options.store.outbox.waitingChannels();
    for (const key of new Set([...waiting, ...this.#lanes.keys()])) {
      if (platformOf(key) === platform) this.wake(key);
    }
  }

  /** Shows the answer of a turn in its chat while it comes into being. Calling it twice does nothing. */
  watch(turn: TurnRow): void {
    const { store, follow, defaultQueueMode, logger } = this.#options;
    const target = turn.deliverTo;
    if (!target || isConversation(target.channel) || this.#watched.has(turn.id) || this.#closed) return;
    const mode = turn.queueMode ?? store.sessions.find(turn.session)?.queueMode ?? defaultQueueMode;
    const reply = new LiveReply(turn.id, target, store.outbox.live(turn.id), mode !== 'collect');
    const lane = (): ChatLane => this.#lane(target.channel);
    lane().follow(reply);
    const typing = new TurnTyping(() => this.typing(target.channel));
    this.#watched.set(turn.id, typing);
    typing.waits(store.questions.ofTurn(turn.id).some(({ state }) => state === 'open'));
    follow(turn.id, (event) => {
      try {
        reply.apply(event);
        if (reply.ended) {
          typing.end();
          this.#watched.delete(turn.id);
          lane().ended(reply);
        } else lane().changed();
      } catch (error) {
        // Whatever goes wrong in showing a turn must not touch the turn.
        logger.error({ err: error, turn: turn.id }, 'an answer in the making could not be shown');
      }
    });
  }

  /** While a turn waits for a person, its chat is not shown that Moby is at it. */
  waits(turn: string, waits: boolean): void {
    this.#watched.get(turn)?.waits(waits);
  }

  /** Shows in a chat that Moby is at it. @returns ends that */
  typing(chat: ChannelKey): () => void {
    return this.#typing.show(chat);
  }

  /** Ends what can be ended within `graceMs`; what is left is taken up at the next start. */
  async drain(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const settled = Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
    await withTimeout<unknown>(clock, graceMs, settled, () => undefined);
    this.#closed = true;
    this.#typing.close();
    this.#forgetting?.cancel();
    for (const lane of this.#lanes.values()) lane.close();
  }

  /** Resolves once no call is under way; the connections have to be closed before. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
  }

  #lane(named: ChannelKey): ChatLane {
    const key = this.#options.store.names.current(named);
    let lane = this.#lanes.get(key);
    if (!lane) {
      const { store, clock, logger, channel, report, rendererOf, timeZone } = this.#options;
      const platform = platformOf(key);
      lane = new ChatLane({
        key,
        store,
        renderer: rendererOf(platform),
        timeZone,
        channel: () => channel(platform),
        report: (error) => report(platform, error),
        clock,
        logger,
      });
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}
