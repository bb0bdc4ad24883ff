/**
 * The doorstep of all channels. An event is judged and stored here, in one durable transaction for all that come in the
 * same moment, and only then may its adapter tell the platform that it arrived. What a stranger wrote is not stored; the
 * key of his message is, so that a redelivery does not ask for a second code.
 *
 * If the disk does not take it, nothing has happened and the platform brings it again.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Access } from '../access/access.ts';
import type { RateLimit } from '../access/rate-limit.ts';
import type { Store } from '../store/store.ts';
import type { EditedMessage, InboundEvent, IncomingMessage, Platform } from './channel.ts';

const CLOSED_GROUP =
  'I do not talk in this group yet. Send `/allow` here, and I answer whoever mentions me or replies to me.';
const TOO_FAST =
  'You write faster than I can follow, so I did not take your last message. Wait a minute, then send it again.';

export interface ArrivalsOptions {
  store: Store;
  access: Access;
  rateLimit: RateLimit;
  clock: Clock;
  /** Whether a text is a command that Moby knows, by its name. */
  commandOf: (text: string) => string | null;
  /** Called for each event that is to be worked on, once it is on disk. */
  onArrived: (platform: Platform, seq: number, message: IncomingMessage) => void;
  /** Something was put into the outbox for this channel. */
  onNotice: (channel: string) => void;
}

interface Waiting {
  platform: Platform;
  event: InboundEvent;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** What is done once the transaction has succeeded. */
type After = () => void;

export class Arrivals {
  readonly #options: ArrivalsOptions;
  #batch: Waiting[] = [];

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** @throws StoreError where it could not be stored; nothing has happened then */
  receive(platform: Platform, event: InboundEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#batch.length === 0) setImmediate(() => this.#storeBatch());
      this.#batch.push({ platform, event, resolve, reject });
    });
  }

  #storeBatch(): void {
    const batch = this.#batch;
    this.#batch = [];
    let afters: After[];
    try {
      afters = this.#options.store.transaction('durable', () =>
        batch.flatMap(({ platform, event }) => this.#store(platform, event)),
      );
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const after of afters) after();
    for (const { resolve } of batch) resolve();
  }

  #store(platform: Platform, event: InboundEvent): After[] {
    switch (event.type) {
      case 'message':
        return this.#storeMessage(platform, event);
      case 'edit':
        this.#storeEdit(platform, event);
        return [];
      case 'moved':
        this.#options.access.moved(event.from, event.to);
        return [];
    }
  }

  #storeMessage(platform: Platform, message: IncomingMessage): After[] {
    const { store, access, rateLimit, clock, commandOf, onArrived } = this.#options;
    const key = arrivalKey(platform, message);
    if (store.arrivals.has(key)) return [];
    const command = commandOf(message.text);
    const verdict = access.judge(platform, { ...message, addressed: message.addressed || command !== null });
    const { channel } = message;
    const now = clock.now();
    const opensGroup = verdict.kind === 'closed-group' && command === 'allow';
    if (verdict.kind === 'allowed' || opensGroup) {
      const rate = rateLimit.take(`${platform}:${message.sender.id}`, message.sentAt);
      if (rate === 'passed') {
        const seq = store.arrivals.insert(key, channel, JSON.stringify(message), now);
        return seq === null ? [] : [() => onArrived(platform, seq, message)];
      }
      store.arrivals.insert(key, channel, null, now);
      return rate === 'refused' ? this.#notice(message, TOO_FAST) : [];
    }
    if (verdict.kind === 'ignored') return [];
    store.arrivals.insert(key, channel, null, now);
    const answer = verdict.kind === 'stranger' ? verdict.answer : CLOSED_GROUP;
    return answer === null ? [] : this.#notice(message, answer);
  }

  /** The last text wins while the message waits, here or as a turn. One that was not let in is in neither place. */
  #storeEdit(platform: Platform, edit: EditedMessage): void {
    const { store } = this.#options;
    if (edit.text === '') return;
    const key = arrivalKey(platform, edit);
    const arrival = store.arrivals.openByKey(key);
    if (arrival) {
      const message = JSON.parse(arrival.event) as IncomingMessage;
      store.arrivals.change(arrival.seq, JSON.stringify({ ...message, text: edit.text }));
      return;
    }
    const entry = store.turns.inboxEntry(key);
    if (entry) store.turns.changePrompt(entry.turn, edit.text);
  }

  #notice({ channel, messageId }: IncomingMessage, text: string): After[] {
    const { store, clock, onNotice } = this.#options;
    store.outbox.insert({
      id: uuidv7(),
      channel,
      replyTo: messageId,
      turn: null,
      kind: 'notice',
      text,
      createdAt: clock.now(),
    });
    return [() => onNotice(channel)];
  }
}

/** Makes a redelivery the same message: message ids are unique within a chat only, and chats within an account. */
export function arrivalKey(
  platform: Platform,
  { account, channel, messageId }: Pick<IncomingMessage, 'account' | 'channel' | 'messageId'>,
): string {
  return `${platform}:${account}:${channel}:${messageId}`;
}
