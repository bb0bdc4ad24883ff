/**
 * Where messages of all channels come in. An event is judged and stored here, in one durable transaction for all that come in the
 * same moment, and only then may its adapter tell the platform that it arrived. What a stranger wrote is not stored. His
 * first message leaves a pairing code and its key; what comes after it leaves nothing, however much it is.
 *
 * If the disk does not take it, nothing has happened, nothing was counted, and the platform brings it again.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Access, Verdict } from '../access/access.ts';
import { closedGroup, EDITED_TOO_LATE, TOO_FAST } from '../access/access-texts.ts';
import type { RateLimit, RateVerdict } from '../access/rate-limit.ts';
import type { Notice, StrangerNotices } from '../access/stranger-notices.ts';
import type { EditedMessage, InboundEvent, IncomingMessage, MovedChat } from '../channels/channel.ts';
import type { Role } from '../store/access-store.ts';
import { GroupCommit } from '../store/group-commit.ts';
import type { Store } from '../store/store.ts';
import { belongTogether } from './belonging.ts';
import { plainEvent } from './plain-event.ts';
import { promptOf } from './prompt-pieces.ts';

const NEWLY_WRITTEN_MS = 3_600_000; // for whoever forgets the mention and adds it

export interface ArrivalsOptions {
  store: Store;
  access: Access;
  rateLimit: RateLimit;
  strangerNotices: StrangerNotices;
  clock: Clock;
  /** Whether a text is a command that this sender may use, by its name. */
  commandOf: (text: string, sender: { role: Role; kind: IncomingMessage['kind'] }) => string | null;
  /** Called for each event that is to be worked on, once it is on disk. */
  onArrived: (platform: Platform, seq: number, message: IncomingMessage) => void;
  /** Something was put into the outbox for this channel. */
  onNotice: (channel: string) => void;
  /** A chat goes on under another key, as `MovedChat` says. */
  onMoved: (newMessages: boolean) => void;
}

interface Received {
  platform: Platform;
  event: InboundEvent;
}

/** What is done once the transaction has succeeded. */
type After = () => void;

export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #group = new GroupCommit<Received, After[]>({ commit: (received) => this.#storeAll(received) });
  /** If the transaction fails, these undo what was counted in memory for it. */
  #undos: (() => void)[] = [];

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** @throws StoreError where it could not be stored; nothing has happened then */
  async receive(platform: Platform, event: InboundEvent): Promise<void> {
    await this.#group.add({ platform, event: plainEvent(event) });
  }

  #storeAll(received: readonly Received[]): After[][] {
    let afters: After[][];
    try {
      afters = this.#options.store.transaction('durable', () =>
        received.map(({ platform, event }) => this.#store(platform, event)),
      );
    } catch (error) {
      for (const undo of this.#undos.splice(0).toReversed()) undo();
      throw error;
    }
    this.#undos = [];
    for (const after of afters.flat()) after();
    return afters;
  }

  #store(platform: Platform, event: InboundEvent): After[] {
    switch (event.type) {
      case 'message':
        return this.#storeMessage(platform, this.#named(platform, event), arrivalKey(platform, event));
      case 'edit':
        return this.#storeEdit(platform, this.#named(platform, event), arrivalKey(platform, event));
      case 'moved':
        return this.#move(platform, event);
    }
  }

  /** As chat and sender are called now. */
  #named<T extends IncomingMessage | EditedMessage>(platform: Platform, message: T): T {
    const { names } = this.#options.store;
    const { channel, parent, sender } = message;
    return {
      ...message,
      channel: names.current(channel),
      ...(parent === undefined ? {} : { parent: names.current(parent) }),
      sender: { ...sender, id: names.currentUser(platform, sender.id) },
    };
  }

  #move(platform: Platform, { from, to, newMessages, person }: MovedChat): After[] {
    const { store, clock, onMoved } = this.#options;
    const at = clock.now();
    this.#undos.push(() => store.names.forget());
    if (person) store.names.renameUser(platform, person.from, person.to, at);
    return store.names.rename({ from, to, newMessages, at }) ? [() => onMoved(newMessages)] : [];
  }

  /** @param key under the name that it came with */
  #storeMessage(platform: Platform, message: IncomingMessage, key: string): After[] {
    const { store, access, commandOf } = this.#options;
    if (store.arrivals.has(key)) return [];
    const { kind, sender } = message;
    const role = access.roleOf(platform, sender.id) ?? 'guest';
    const command = message.forwardedFrom === undefined ? commandOf(message.text, { role, kind }) : null;
    const addressed = message.addressed || command !== null || this.#goesOn(message);
    const verdict = access.judge(platform, { ...message, addressed });
    if (verdict.kind === 'ignored') return [];
    const rate = this.#take(platform, message);
    if (verdict.kind === 'allowed') {
      if (rate !== 'passed') return this.#refuse(key, message, rate);
      access.noteSeen(platform, message);
      return this.#keep(platform, key, message);
    }
    if (rate !== 'passed') return [];
    if (verdict.kind === 'closed-group') return this.#closedGroup(platform, key, message, verdict, command);
    return this.#stranger(platform, key, message);
  }

  /** Whether it belongs to an earlier message that was said to Moby, and so need not mention him again. */
  #goesOn(message: IncomingMessage): boolean {
    if (message.kind === 'direct') return false;
    const open = this.#options.store.arrivals.openIn(message.channel);
    return open.some(({ event }) => belongTogether(JSON.parse(event) as IncomingMessage, message));
  }

  #take(platform: Platform, { sender, sentAt }: IncomingMessage): RateVerdict {
    const { verdict, undo } = this.#options.rateLimit.take(`${platform}:${sender.id}`, sentAt);
    this.#undos.push(undo);
    return verdict;
  }

  #keep(platform: Platform, key: string, message: IncomingMessage): After[] {
    const { store, clock, onArrived } = this.#options;
    const seq = store.arrivals.insert(key, message.channel, JSON.stringify(message), clock.now());
    return seq === null ? [] : [() => onArrived(platform, seq, message)];
  }

  #refuse(key: string, { channel, messageId }: IncomingMessage, rate: RateVerdict): After[] {
    this.#noteKey(key, channel);
    return rate === 'refused' ? this.#notify({ channel, replyTo: messageId, text: TOO_FAST }) : [];
  }

  #stranger(platform: Platform, key: string, message: IncomingMessage): After[] {
    const { access, strangerNotices } = this.#options;
    const asking = access.pairings.ask(platform, message);
    if (asking.kind === 'new') this.#noteKey(key, message.channel);
    const notices = strangerNotices.after(platform, message, asking, this.#undos);
    return notices.flatMap((notice) => this.#notify(notice));
  }

  #closedGroup(
    platform: Platform,
    key: string,
    message: IncomingMessage,
    { role }: Extract<Verdict, { kind: 'closed-group' }>,
    command: string | null,
  ): After[] {
    const { access } = this.#options;
    if (role === 'owner' && command === 'allow') {
      access.noteSeen(platform, message);
      return this.#keep(platform, key, message);
    }
    if (message.addressed) access.noteClosed(message);
    if (role !== 'owner') return [];
    const { channel, parent, messageId } = message;
    this.#noteKey(key, channel);
    const text = closedGroup(parent ?? access.groupOf(channel));
    return this.#notify({ channel, replyTo: messageId, text });
  }

  /** Stores that the message came, and not what it said. */
  #noteKey(key: string, channel: string): void {
    this.#options.store.arrivals.insert(key, channel, null, this.#options.clock.now());
  }

  /**
   * The last text wins while the message waits, here or as a turn, and its sender may still talk. One that was not for
   * Moby before is a message, if it is now.
   */
  #storeEdit(platform: Platform, edit: EditedMessage, key: string): After[] {
    const { store, access } = this.#options;
    if (!store.arrivals.has(key)) {
      return this.#isNew(edit) ? this.#storeMessage(platform, { ...edit, type: 'message' }, key) : [];
    }
    if (access.judge(platform, { ...edit, addressed: true }).kind !== 'allowed') return [];
    const arrival = store.arrivals.openByKey(key);
    if (arrival) {
      const message = JSON.parse(arrival.event) as IncomingMessage;
      store.arrivals.change(arrival.seq, JSON.stringify({ ...message, text: edit.text }));
      return [];
    }
    const piece = store.pieces.find(key);
    if (!piece || piece.text === edit.text) return [];
    store.pieces.change(key, edit.text);
    const prompt = promptOf(store.pieces.of(piece.turn), true);
    return store.turns.changePrompt(piece.turn, prompt) ? [] : this.#tooLate(key, edit);
  }

  /** Platforms also report old messages as changed, if they are pinned or get a preview; their keys may be forgotten by then. */
  #isNew({ addressed, writtenAt }: EditedMessage): boolean {
    return addressed && writtenAt !== undefined && this.#options.clock.now() - writtenAt < NEWLY_WRITTEN_MS;
  }

  /** Said once for each message. */
  #tooLate(key: string, { channel, messageId }: EditedMessage): After[] {
    const told = this.#options.store.arrivals.insert(
      `${key}#edited`,
      channel,
      null,
      this.#options.clock.now(),
    );
    return told === null ? [] : this.#notify({ channel, replyTo: messageId, text: EDITED_TOO_LATE });
  }

  #notify({ channel, replyTo, text }: Notice): After[] {
    const { store, clock, onNotice } = this.#options;
    const notice = { id: uuidv7(), channel, replyTo, turn: null, kind: 'notice', text } as const;
    store.outbox.insert({ ...notice, createdAt: clock.now() });
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
