/**
 * Everything that goes to one chat, one call at a time, in order: what is in the outbox first, then what an answer in the
 * making shows. So a late edit of a stream can never come after the final one, and a chat that was told to wait holds up
 * no other.
 *
 * What is about to be sent is marked on disk before the call and its result after it. A mark without a result, after a
 * crash, is `unknown`, unless the platform knows a repeated message by its nonce, or it was an edit, which can be repeated.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Question } from '@mobyclaw/protocol/question';
import type { Button, Channel, ChannelKey, SendResult } from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';
import { toQuestion } from '../questions/question-view.ts';
import type { RenderedPart, Renderer } from '../render/part.ts';
import { renderSafelyInSlices } from '../render/render-safely.ts';
import type { DeliveryRow, PartRow } from '../store/outbox-store.ts';
import type { Store } from '../store/store.ts';
import type { LiveReply } from './live-reply.ts';
import { LiveUpdates } from './live-updates.ts';
import { plainOf, toParts } from './parts.ts';
import {
  briefly,
  buttonsOf,
  isHerald,
  outcomeParts,
  questionLimit,
  questionMarkdown,
  questionParts,
} from './question-parts.ts';
import { judgeSend } from './send-verdict.ts';
import { undeliveredNotice } from './undelivered-notice.ts';

const STORE_PAUSE_MS = 2000;

export interface ChatLaneOptions {
  key: ChannelKey;
  store: Store;
  renderer: Renderer;
  timeZone: string;
  /** The connection, while there is one. */
  channel: () => Channel | null;
  /** The connection has shown that it is of no more use. */
  report: (error: ChannelError) => void;
  clock: Clock;
  logger: Logger;
}

export class ChatLane {
  readonly #options: ChatLaneOptions;
  readonly #live: LiveUpdates;
  #running: Promise<void> | null = null;
  #timer: Timer | null = null;
  /** The timer only renews what the chat shows already, so a change need not wait for it. */
  #timerOnlyRenews = false;
  /** Nonces of parts that this process has tried and that have not ended. */
  readonly #triedHere = new Set<string>();
  /** `wake` was called while the lane was at work, so it has to look once more. */
  #again = false;
  /** If another lane still makes a call to this chat, this one waits for that call. */
  #otherLane: Promise<unknown> = Promise.resolve();
  /** Stores the result of the last call, until the disk has taken it. */
  #unrecorded: (() => void) | null = null;
  /** The last call found the chat closed to Moby; then a notice about it would not arrive either. */
  #chatClosed = false;
  #closed = false;

  constructor(options: ChatLaneOptions) {
    this.#options = options;
    this.#live = new LiveUpdates(options);
  }

  /** Something may have become due. */
  wake(): void {
    if (this.#closed) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#timer?.cancel();
    this.#timer = null;
    this.#running = this.#work().finally(() => {
      this.#running = null;
      if (!this.#again) return;
      this.#again = false;
      this.wake();
    });
  }

  follow(reply: LiveReply): void {
    this.#live.add(reply);
  }

  /** The reply shows something new; it is brought to the chat when its time has come. */
  changed(): void {
    if (this.#running) this.#again = true;
    else if (!this.#timer || this.#timerOnlyRenews) this.wake();
  }

  /**
   * Goes on with what another lane has under way, after the call that it makes now: the chat has another key.
   * @param newMessages messages from before cannot be reached any more
   */
  takeOver(other: ChatLane, newMessages: boolean): void {
    this.#otherLane = Promise.all([this.#otherLane, other.settled()]);
    other.close();
    for (const reply of other.#live.replies) {
      if (newMessages) reply.leaveMessages();
      this.#live.add(reply);
    }
  }

  ended(reply: LiveReply): void {
    this.#live.remove(reply);
    this.wake();
  }

  /** Resolves when no call is under way. */
  settled(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  get idle(): boolean {
    return this.#running === null && this.#timer === null && this.#live.empty;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #work(): Promise<void> {
    try {
      for (;;) {
        await this.#otherLane;
        if (this.#closed) return;
        const channel = this.#options.channel();
        const step = channel && this.#next(channel);
        if (!step) return;
        await step();
      }
    } catch (error) {
      // Most likely the disk is full. A part that is marked as being sent stays so; the lane tries again later.
      this.#options.logger.error({ channel: this.#options.key, err: error }, 'a delivery cannot go on yet');
      this.#wakeAt(this.#options.clock.now() + STORE_PAUSE_MS);
    }
  }

  /** What to do now; null where nothing is due, with a timer set for what will be. */
  #next(channel: Channel): (() => Promise<void>) | null {
    const { store, clock, key } = this.#options;
    const now = clock.now();
    if (this.#unrecorded) return async () => this.#recordLast();
    const delivery = store.outbox.head(key);
    if (!delivery) {
      const live = this.#live.next(channel, now);
      if (live?.step) return live.step;
      if (live) this.#wakeAt(live.dueAt, live.onlyRenews);
      return null;
    }
    if (delivery.state === 'new') {
      const first = this.#live.beforeAnswer(delivery, channel, now);
      if (!first) return async () => this.#split(delivery, channel);
      if (!first.step) this.#wakeAt(first.dueAt);
      return first.step ?? null;
    }
    const part = store.outbox.nextPart(delivery.seq);
    if (part && this.#isNeedless(delivery, part, channel)) return async () => this.#leaveOut(delivery);
    if (!part) return async () => this.#finish(delivery);
    if (part.dueAt <= now) return () => this.#deliver(delivery, part, channel);
    this.#wakeAt(part.dueAt);
    return null;
  }

  #wakeAt(time: number, onlyRenews = false): void {
    this.#timer?.cancel();
    this.#timerOnlyRenews = onlyRenews;
    this.#timer = this.#options.clock.after(Math.max(1, time - this.#options.clock.now()), () => {
      this.#timer = null;
      this.wake();
    });
  }

  async #split(delivery: DeliveryRow, channel: Channel): Promise<void> {
    const { store, clock, renderer, logger, timeZone } = this.#options;
    const question = this.#questionOf(delivery);
    const text = question ? questionMarkdown(delivery, question, channel, timeZone) : delivery.text;
    const limit = question ? questionLimit(channel.abilities.text) : channel.abilities.text;
    const rendered = await renderSafelyInSlices(renderer, text, limit, (error) =>
      logger.error(
        { err: error, delivery: delivery.id },
        'an answer could not be rendered; it is sent as it is',
      ),
    );
    if (question) return this.#splitQuestion(delivery, question, rendered, channel);
    const live = delivery.turn === null ? [] : store.outbox.live(delivery.turn);
    store.transaction('durable', () => {
      store.outbox.split(delivery.seq, toParts(delivery, rendered, live, this.#live.newest, clock.now()));
      if (delivery.turn !== null) store.outbox.forgetLive(delivery.turn);
    });
  }

  #splitQuestion(
    delivery: DeliveryRow,
    question: Question,
    rendered: readonly RenderedPart[],
    { abilities }: Channel,
  ): void {
    const { store, clock } = this.#options;
    const now = clock.now();
    const asking = store.questionMessages.asking(question.id);
    const parts =
      delivery.kind === 'question'
        ? questionParts(delivery, rendered, abilities.sendRepeatableMs > 0, now)
        : outcomeParts(delivery, question, rendered, asking ? store.outbox.parts(asking.seq) : [], now);
    store.transaction('durable', () => store.outbox.split(delivery.seq, parts));
  }

  #questionOf({ question }: DeliveryRow): Question | null {
    const row = question === null ? null : this.#options.store.questions.find(question);
    return row ? toQuestion(row) : null;
  }

  /** A question that is settled is not asked any more, unless a try that came before may have shown it. */
  #isNeedless(delivery: DeliveryRow, part: PartRow, channel: Channel): boolean {
    if (delivery.kind !== 'question' || part.state !== 'pending' || part.action !== 'send') return false;
    if (part.tries > 0 && channel.abilities.sendRepeatableMs > 0) return false;
    return this.#questionOf(delivery)?.state !== 'open';
  }

  #leaveOut({ seq }: DeliveryRow): void {
    const { store } = this.#options;
    store.transaction('relaxed', () => store.outbox.leaveOut(seq));
  }

  async #deliver(delivery: DeliveryRow, part: PartRow, channel: Channel): Promise<void> {
    const { store, clock } = this.#options;
    const sends = part.action === 'send' || part.action === 'file';
    const once = sends && !isHerald(part) && !this.#repeatable(part, channel);
    if (once && this.#mayHaveArrived(part, channel)) {
      const error = 'Mobyclaw was stopped while it sent this.';
      store.transaction('relaxed', () => store.outbox.end(part, 'unknown', error));
      return;
    }
    this.#triedHere.add(part.nonce);
    // What cannot be repeated must be known to have begun even after a power cut.
    const durability = once ? 'durable' : 'relaxed';
    store.transaction(durability, () => store.outbox.sending(part, clock.now()));
    const made = await this.#call(delivery, part, channel);
    const result =
      isHerald(part) && made.status === 'unknown' ? { ...made, status: 'failed' as const } : made;
    if (sends) this.#live.sent(result);
    this.#unrecorded = () => this.#record(delivery, part, result);
    this.#recordLast();
  }

  /** If the disk does not take the result now, it is stored later, because a known result must not become one in doubt. */
  #recordLast(): void {
    const record = this.#unrecorded;
    if (record) this.#options.store.transaction('relaxed', record);
    this.#unrecorded = null;
  }

  /**
   * Whether an earlier try may have arrived. If the platform recognises a repeat for a time, then its adapter reports a try in
   * doubt as `failed`, as repeating it is safe. After that time, and after a restart, it may have arrived.
   */
  #mayHaveArrived(part: PartRow, channel: Channel): boolean {
    if (part.state === 'sending') return true;
    return part.tries > 0 && channel.abilities.sendRepeatableMs > 0 && !this.#triedHere.has(part.nonce);
  }

  #repeatable(part: PartRow, channel: Channel): boolean {
    const since = this.#options.clock.now() - (part.triedAt ?? this.#options.clock.now());
    return since < channel.abilities.sendRepeatableMs;
  }

  #call(delivery: DeliveryRow, part: PartRow, channel: Channel): Promise<SendResult> {
    const { key } = this.#options;
    const content = this.#contentOf(delivery, part);
    const buttons = this.#buttonsOf(delivery, part, channel);
    const { nonce } = part;
    const reply = part.number === 0 && delivery.replyTo !== null ? { replyTo: delivery.replyTo } : {};
    switch (part.action) {
      case 'send':
        return channel.send(key, content, { nonce, live: false, ...reply, ...buttons });
      case 'edit':
        return channel.edit(key, part.message ?? '', content, { live: false, ...buttons });
      case 'remove':
        return channel.remove(key, part.message ?? '');
      case 'file': {
        const file = delivery.files[Number(part.part.extras?.file)];
        if (!file) throw new Error(`delivery ${delivery.id} has no such file`);
        const { name, mime } = file;
        const data = Buffer.from(file.data, 'base64');
        return channel.sendFile(key, { name, mime, data }, { nonce, ...reply });
      }
    }
  }

  #contentOf(delivery: DeliveryRow, { part, plain, action }: PartRow): RenderedPart {
    const question = delivery.kind === 'outcome' && action === 'send' ? this.#questionOf(delivery) : null;
    if (question) return briefly(question);
    return plain ? plainOf(part) : part;
  }

  /** They stand below the last part of a question. */
  #buttonsOf(delivery: DeliveryRow, part: PartRow, channel: Channel): { buttons?: Button[] } {
    const { kind, buttonKey, seq } = delivery;
    if (kind !== 'question' || buttonKey === null || !channel.abilities.buttons) return {};
    const question = this.#questionOf(delivery);
    const isLast = this.#options.store.outbox.parts(seq).at(-1)?.number === part.number;
    return question && isLast ? { buttons: buttonsOf(question, buttonKey) } : {};
  }

  #record(delivery: DeliveryRow, part: PartRow, result: SendResult): void {
    const { store, clock, report, logger, key } = this.#options;
    this.#chatClosed = result.status !== 'sent' && result.error.chatClosed;
    if (result.status !== 'sent') {
      const { code, method, fatal } = result.error;
      const why = { method, code, result: result.status };
      logger.warn({ channel: key, delivery: delivery.id, part: part.number, ...why }, 'a part was not sent');
      if (fatal) report(result.error);
    }
    const verdict = judgeSend(result, part, delivery.createdAt, clock.now());
    if (verdict.kind !== 'again') this.#triedHere.delete(part.nonce);
    switch (verdict.kind) {
      case 'sent':
        store.outbox.sent(part, verdict.message);
        if (isHerald(part)) store.outbox.leadsOn(part, verdict.message);
        break;
      case 'ended':
        store.outbox.end(part, verdict.state, verdict.error);
        break;
      case 'again':
        store.outbox.again(part, verdict);
    }
  }

  #finish(delivery: DeliveryRow): void {
    const { store, clock, key } = this.#options;
    const now = clock.now();
    const text = this.#chatClosed ? null : undeliveredNotice(delivery, store.outbox.parts(delivery.seq));
    store.transaction('relaxed', () => {
      store.outbox.done(delivery.seq, now);
      if (text === null) return;
      const notice = { id: uuidv7(), channel: key, replyTo: null, turn: null, text, createdAt: now };
      store.outbox.insert({ ...notice, kind: 'notice' });
    });
  }
}
