/**
 * Brings questions to the owner's chats and keeps their messages true. A question is put into the outbox once, under an id
 * that follows from its own, and so is what became of it; what a crash kept from the outbox is put there at the next start.
 *
 * Where: in the chat in which the owner asked; else, looked at anew, in the chat that he has chosen or wrote in last. When:
 * at once, but what schedules and the heartbeat ask outside the active hours waits until they begin, and what is asked in a
 * terminal or by a program waits a moment for an answer there.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { nameUuid } from '@mobyclaw/lib/uuid';
import type { Question } from '@mobyclaw/protocol/question';
import { newButtonKey } from '../delivery/button-token.ts';
import type { Questions } from '../questions/questions.ts';
import type { Store } from '../store/store.ts';
import type { QuestionPlaces } from './question-places.ts';

const LOOK_AGAIN_MS = 60_000; // for a chat, where there is none yet
const RETRY_MS = 2000; // the disk is full

export interface QuestionMessagesOptions {
  store: Store;
  questions: Questions;
  places: QuestionPlaces;
  /** Something was put into the outbox for this chat. */
  wake: (chat: string) => void;
  /** Whether a turn waits for a person. */
  waits: (turn: string, waits: boolean) => void;
  clock: Clock;
  logger: Logger;
}

export class QuestionMessages {
  readonly #options: QuestionMessagesOptions;
  #timer: Timer | null = null;
  #unsubscribe: (() => void) | null = null;
  #looking = false;
  #again = false;

  constructor(options: QuestionMessagesOptions) {
    this.#options = options;
  }

  start(): void {
    const { questions, waits } = this.#options;
    this.#unsubscribe = questions.onChange(({ kind, turn, state }) => {
      if (kind !== 'host') waits(turn, state === 'open'); // whose turn goes on meanwhile
      this.look();
    });
    this.look();
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#timer?.cancel();
  }

  /** Puts into the outbox what is due. */
  look(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#timer?.cancel();
    this.#lookOnce()
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'a question could not be put into the outbox yet');
        return this.#options.clock.now() + RETRY_MS;
      })
      .then((next) => {
        this.#looking = false;
        if (this.#unsubscribe === null) return;
        if (this.#again) {
          this.#again = false;
          this.look();
        } else if (next !== null) {
          const inMs = Math.max(1, next - this.#options.clock.now());
          this.#timer = this.#options.clock.after(Math.min(inMs, LOOK_AGAIN_MS), () => this.look());
        }
      });
  }

  /** The message of a settled question has shown itself; until now it was not known whether it had arrived. */
  found(question: Question, message: string): void {
    this.#tell(question, `outcome ${question.id} in ${message}`);
  }

  /** @returns when to look again; null where nothing waits */
  async #lookOnce(): Promise<number | null> {
    const { store, questions, places, clock } = this.#options;
    for (const id of store.questionMessages.untold()) {
      const question = questions.find(id);
      if (question) this.#tell(question, `outcome ${id} ${question.outcome}`);
    }
    let next: number | null = null;
    for (const id of store.questionMessages.unasked()) {
      const question = questions.find(id);
      if (!question) continue;
      const dueAt = await places.dueAt(question);
      const place = dueAt <= clock.now() ? places.of(question) : null;
      if (place === null || !this.#ask(question, place.chat, place.replyTo)) {
        const later = Math.max(dueAt, clock.now() + (dueAt <= clock.now() ? LOOK_AGAIN_MS : 0));
        next = Math.min(next ?? later, later);
      }
    }
    return next;
  }

  /** @returns whether it is in the outbox, or need not be */
  #ask(question: Question, chat: string, replyTo: string | null): boolean {
    const { store, questions, wake, clock } = this.#options;
    const id = nameUuid(`question ${question.id}`);
    const placed = questions.place(question.id, chat, () => {
      store.outbox.insert({
        id,
        channel: chat,
        replyTo,
        turn: null,
        kind: 'question',
        question: question.id,
        buttonKey: newButtonKey(),
        text: question.text,
        createdAt: clock.now(),
      });
    });
    if (placed) wake(chat);
    return true;
  }

  #tell(question: Question, name: string): void {
    const { store, wake, clock } = this.#options;
    const asking = store.questionMessages.asking(question.id);
    const id = nameUuid(name);
    if (!asking || store.outbox.find(id)) return;
    const { channel, replyTo } = asking;
    const text = question.outcome ?? '';
    const createdAt = clock.now();
    const delivery = { id, channel, replyTo, turn: null, question: question.id, text, createdAt };
    store.transaction('durable', () => store.outbox.insert({ ...delivery, kind: 'outcome' }));
    wake(channel);
  }
}
