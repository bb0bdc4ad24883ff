/**
 * One conversation as it is read: a stretch of its history without a gap, oldest first, that grows at both ends. What comes
 * in by the line is taken over where its text is exactly that which was stored, and is asked for where it is not, so what is
 * shown is what the gateway has.
 */
import type { MessageView } from '@mobyclaw/protocol/session';
import { signal } from '@preact/signals';
import { messageOf } from './api.ts';
import type { Live, MessageHead } from './live.ts';
import type { LiveTurn } from './live-turns.ts';

export const PAGE_MESSAGES = 60;
const MOST_CAUGHT_UP = 500; // beyond that the end is loaded anew

/** Messages of a conversation, oldest first: the newest of those before or after an id, or the oldest from one on. */
export type AskMessages = (
  session: string,
  range: { limit: number; before?: number; after?: number; from?: number },
) => Promise<MessageView[]>;

export class Conversation {
  readonly session: string;
  readonly messages = signal<readonly MessageView[]>([]);
  /** Whether there is nothing older than what is shown. */
  readonly atStart = signal(false);
  /** Whether what comes next is new: false while one reads what a search has found. */
  readonly atEnd = signal(false);
  readonly loading = signal(true);
  readonly problem = signal<string | null>(null);
  readonly #live: Live;
  readonly #ask: AskMessages;
  readonly #leave: () => void;
  #asking = 0;
  /** What is new and not shown yet. */
  #heads: MessageHead[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(session: string, live: Live, ask: AskMessages) {
    this.session = session;
    this.#live = live;
    this.#ask = ask;
    this.#leave = live.listen({
      session,
      onMessages: (heads) => {
        this.#heads.push(...heads.filter((head) => head.session === session));
        this.#takeIn();
      },
      onEnded: (turns) => this.#onEnded(turns.filter((turn) => turn.session === session)),
      onHello: ({ resumed, lastMessage }) => {
        const missed = lastMessage - (this.messages.value.at(-1)?.id ?? 0);
        if (resumed) this.#takeIn();
        else if (this.atEnd.value && missed >= 0 && missed < MOST_CAUGHT_UP)
          void this.#do(() => this.#catchUp());
        else if (this.atEnd.value || missed < 0) void this.#do(() => this.#loadEnd());
      },
    });
    void this.#do(() => this.#loadEnd());
  }

  close(): void {
    this.#leave();
  }

  /** Resolves when nothing is being asked for any more. */
  idle(): Promise<void> {
    return this.#work;
  }

  loadOlder(): Promise<void> {
    return this.#do(async () => {
      const first = this.messages.value[0];
      if (this.atStart.value || !first) return;
      const older = await this.#ask(this.session, { limit: PAGE_MESSAGES, before: first.id });
      this.atStart.value = older.length < PAGE_MESSAGES;
      this.messages.value = [...older, ...this.messages.value];
    });
  }

  loadNewer(): Promise<void> {
    return this.#do(async () => {
      const last = this.messages.value.at(-1);
      if (this.atEnd.value || !last) return;
      const newer = await this.#ask(this.session, { limit: PAGE_MESSAGES, from: last.id + 1 });
      this.messages.value = [...this.messages.value, ...newer];
      if (newer.length < PAGE_MESSAGES) await this.#catchUp();
    });
  }

  /** Shows what was said around a message. */
  showAround(id: number): Promise<void> {
    return this.#do(async () => {
      if (this.messages.value.some((message) => message.id === id)) return;
      const half = PAGE_MESSAGES / 2;
      const [before, from] = await Promise.all([
        this.#ask(this.session, { limit: half, before: id }),
        this.#ask(this.session, { limit: half, from: id }),
      ]);
      this.atStart.value = before.length < half;
      this.atEnd.value = false;
      this.messages.value = [...before, ...from];
      if (from.length < half) await this.#catchUp();
    });
  }

  /** After a failure. */
  reload(): Promise<void> {
    return this.#do(() => (this.atEnd.value ? this.#catchUp() : this.#loadEnd()));
  }

  /** Back to what is said now. */
  showEnd(): Promise<void> {
    return this.#do(async () => {
      if (!this.atEnd.value) await this.#loadEnd();
    });
  }

  /** One after the other, so that no answer is put where another one has been since. */
  #do(work: () => Promise<void>): Promise<void> {
    this.#asking++;
    this.loading.value = true;
    this.#work = this.#work.then(async () => {
      try {
        await work();
        this.problem.value = null;
      } catch (error) {
        this.problem.value = messageOf(error);
      }
      this.loading.value = --this.#asking > 0;
      if (this.problem.value === null) this.#takeIn(); // what came meanwhile
    });
    return this.#work;
  }

  async #loadEnd(): Promise<void> {
    const messages = await this.#ask(this.session, { limit: PAGE_MESSAGES });
    this.atStart.value = messages.length < PAGE_MESSAGES;
    this.atEnd.value = true;
    this.messages.value = messages;
    this.#settle();
  }

  /** All that is newer than what is shown. */
  async #catchUp(): Promise<void> {
    for (let full = true; full; ) {
      const last = this.messages.value.at(-1)?.id ?? 0;
      const newer = await this.#ask(this.session, { limit: PAGE_MESSAGES, from: last + 1 });
      full = newer.length === PAGE_MESSAGES;
      this.messages.value = [...this.messages.value, ...newer];
    }
    this.atEnd.value = true;
    this.#settle();
  }

  /** Shows what is new: at once where the line has told all of it, else after asking. */
  #takeIn(): void {
    if (!this.atEnd.value || this.#asking > 0) return;
    const known = this.messages.value.at(-1)?.id ?? 0;
    this.#heads = this.#heads.filter(({ id }) => id > known);
    const views = this.#heads.map((head) => this.#fromLive(head));
    if (views.includes('later')) return; // its end is on its way
    const exact = views.filter((view) => typeof view === 'object');
    if (exact.length === views.length) {
      this.#heads = [];
      if (exact.length > 0) this.messages.value = [...this.messages.value, ...exact];
      this.#settle();
    } else {
      void this.#do(() => this.#catchUp());
    }
  }

  #onEnded(turns: readonly LiveTurn[]): void {
    // What was cut before a word came has no message of its own that could say so.
    for (const { key, text, ending } of turns) {
      const error = ending.value?.error;
      if (!error || text.value !== '') continue;
      this.messages.value = this.messages.value.map((message) =>
        message.turn === key && message.role === 'user'
          ? { ...message, error: { code: error.code, message: error.message } }
          : message,
      );
    }
    const lost = turns.some(({ ending }) => ending.value?.lost);
    if (lost && this.atEnd.value) void this.#do(() => this.#loadEnd());
    else this.#takeIn();
  }

  /** @returns 'ask' where the line has not told what it says, 'later' where it is about to */
  #fromLive({ id, session, turn: key, role }: MessageHead): MessageView | 'ask' | 'later' {
    const turn = this.#live.turns.value.find((one) => one.key === key);
    if (!turn || role === 'marker') return 'ask';
    const ending = turn.ending.value;
    const text = turn.text.value;
    const error = ending?.error ? { code: ending.error.code, message: ending.error.message } : null;
    if (role === 'user') {
      if (turn.files > 0 || (error && text === '')) return 'ask';
      return { id, session, turn: key, role, text: turn.prompt.value, at: turn.at };
    }
    if (!ending) return 'later';
    if (!ending.exact) return 'ask';
    return {
      id,
      session,
      turn: key,
      role,
      text,
      ...(error && { incomplete: true, error }),
      ...(ending.usage && { usage: ending.usage }),
      at: new Date().toISOString(),
    };
  }

  /** Turns that have ended and whose messages are all shown need not be kept. */
  #settle(): void {
    const shown = new Set(this.messages.value.slice(-2 * PAGE_MESSAGES).map(({ turn }) => turn));
    const done = this.#live.turns.value.filter(
      (turn: LiveTurn) => turn.session === this.session && turn.ending.value && shown.has(turn.key),
    );
    if (done.length > 0) this.#live.settle(done);
  }
}
