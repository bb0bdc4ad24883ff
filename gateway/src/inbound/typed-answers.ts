/**
 * Answers that the owner types: a reply to the message of a question, or plain words while exactly one is open in that chat.
 * They are looked at before a message becomes a turn, and become none. What is answered is noted with the arrival before it
 * is answered, so that after a crash in between the same words do not become a turn.
 */

import { type Clock, pause } from '@mobyclaw/lib/clock';
import { plainName } from '@mobyclaw/lib/plain-name';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Question } from '@mobyclaw/protocol/question';
import { baseChat } from '../access/base-chat.ts';
import type { Channel, IncomingMessage } from '../channels/channel.ts';
import type { Questions } from '../questions/questions.ts';
import type { Role } from '../store/access-store.ts';
import type { ArrivalRow } from '../store/arrival-store.ts';
import type { Store } from '../store/store.ts';
import { readWords, type TypedAnswer } from './answer-words.ts';
import { tooLate } from './presses.ts';

/** What was written before a question was there cannot answer it. Platforms count in seconds, and clocks differ. */
const SKEW_MS = 60_000;
/** A platform confirms what it shows within moments; then it is known whether he can have seen it. */
const CONFIRM_MS = 3000;
const CONFIRM_POLL_MS = 50;
const AGAIN =
  'Your answer came before I knew that you can see my question. If you do, please answer it once more.';
const WHICH = 'More than one question waits here. Reply to the one you mean, or press one of its buttons.';
const NOT_TO_ME = 'If you mean my question, reply to it: here I cannot tell whom you answer.';
const SINCE_THEN =
  'I have written something else here since my question. If you mean the question, reply to it, or press one of its buttons.';

export interface TypedAnswersOptions {
  store: Store;
  questions: Questions;
  channel: (platform: string) => Channel | null;
  clock: Clock;
}

export interface Typed {
  row: ArrivalRow;
  message: IncomingMessage;
  platform: Platform;
  role: Role;
}

interface Meant {
  question: Question;
  answer: TypedAnswer;
  /** It was noted before a crash. */
  again: boolean;
}

export class TypedAnswers {
  readonly #options: TypedAnswersOptions;

  constructor(options: TypedAnswersOptions) {
    this.#options = options;
  }

  /**
   * @returns null where it is no answer to a question; else what to tell the person, empty where the question shows it
   * @throws StoreError; it is not answered then
   */
  async take(typed: Typed): Promise<string | null> {
    const { message, role } = typed;
    const own = message.forwardedFrom === undefined && message.files.length === 0 && !message.unfinished;
    if (role !== 'owner' || !own) return null;
    const meant = await this.#meant(typed);
    if (meant === null || typeof meant === 'string') return meant;
    return this.#answer(typed, meant);
  }

  async #meant(typed: Typed): Promise<Meant | string | null> {
    const { store, questions } = this.#options;
    const { row, message } = typed;
    const { answers } = JSON.parse(row.event) as { answers?: string };
    if (answers === undefined) await this.#confirmed(typed);
    const { messageId } = message.replyTo ?? {};
    const quoted = messageId === undefined ? null : store.questionMessages.askedBy(row.channel, messageId);
    const named = answers ?? quoted?.question;
    if (named === undefined) return this.#meantByWords(typed);
    const question = questions.find(named);
    const answer = question && this.#read(typed, question, true);
    if (!question || !answer) return null;
    // What was to be typed is not asked for any more; then it is a message like any other.
    if (answers === undefined && question.state !== 'open' && answer.value !== undefined) return null;
    return { question, answer, again: answers !== undefined };
  }

  /** Waits a moment where it is not known yet whether he can see a question. */
  async #confirmed(typed: Typed): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now() + CONFIRM_MS;
    while (this.#possible(typed).some(({ since, meant }) => since === null && meant) && clock.now() < end) {
      await pause(clock, CONFIRM_POLL_MS);
    }
  }

  #meantByWords(typed: Typed): Meant | string | null {
    const possible = this.#possible(typed);
    // A reply to another message answers that one, unless it is to a question of which no message is known yet.
    const found = repliesElsewhere(typed) ? possible.filter(({ since }) => since === null) : possible;
    const chosen = found.some(({ meant }) => meant?.answer.option !== undefined);
    const [only, ...others] = found;
    if (!only) return null;
    if (others.length > 0) return chosen ? WHICH : null;
    if (only.since === null || typed.row.receivedAt < only.since) return chosen ? AGAIN : null;
    const { meant } = only;
    // A refusal is safe, whomever it was said to. In a group, people say yes to each other.
    if (meant === null || meant.answer.option === meant.question.fallback) return meant;
    if (!typed.message.addressed) return chosen ? NOT_TO_ME : null;
    // What he says may be an answer to what came after the question.
    return only.last || !chosen ? meant : SINCE_THEN;
  }

  /** Open questions that he can have seen when he wrote, each with what he would answer by that. */
  #possible(typed: Typed): { since: number | null; last: boolean; meant: Meant | null }[] {
    const { store, questions } = this.#options;
    const { row, message } = typed;
    return store.questionMessages
      .shownIn(row.channel)
      .filter(({ at }) => row.receivedAt >= at && message.sentAt >= at - SKEW_MS)
      .map(({ question: id, since, last }) => {
        const question = questions.find(id);
        const answer = question && this.#read(typed, question, false);
        return { since, last, meant: question && answer ? { question, answer, again: false } : null };
      });
  }

  #read({ message, platform }: Typed, question: Question, reply: boolean): TypedAnswer | null {
    const numbered = this.#options.channel(platform)?.abilities.buttons === false;
    return readWords(question, message.text, { reply, numbered });
  }

  #answer({ row, message, platform }: Typed, { question, answer, again }: Meant): string {
    const { store, questions } = this.#options;
    if (!again) {
      const noted = JSON.stringify({ ...(JSON.parse(row.event) as object), answers: question.id });
      store.transaction('relaxed', () => store.arrivals.change(row.seq, noted));
    }
    const by = { door: platform, by: plainName(message.sender.name), chat: row.channel };
    const result = questions.answer(question.id, answer, by);
    switch (result.status) {
      case 'answered':
      case 'unknown':
        return '';
      case 'settled':
        return again && result.question.answer?.chat === row.channel ? '' : tooLate(result.question);
      case 'invalid':
        return `${result.problem} Answer again, or \`no\`.`;
    }
  }
}

/** In a thread each message may answer its root, which need not be named; outside of one it answers what it is a reply to. */
function repliesElsewhere({ row, message: { replyTo } }: Typed): boolean {
  return replyTo !== undefined && (replyTo.messageId !== undefined || baseChat(row.channel) === row.channel);
}
