/**
 * Answers that the owner types: a reply to the message of a question, or plain words while exactly one is open in that chat.
 * They are looked at before a message becomes a turn, and become none. What is answered is noted with the arrival before it
 * is answered, so that after a crash in between the same words do not become a turn.
 */

import { plainName } from '@mobyclaw/lib/plain-name';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Question } from '@mobyclaw/protocol/question';
import type { Channel, IncomingMessage } from '../channels/channel.ts';
import type { Questions } from '../questions/questions.ts';
import type { Role } from '../store/access-store.ts';
import type { ArrivalRow } from '../store/arrival-store.ts';
import type { Store } from '../store/store.ts';
import { readWords, type TypedAnswer } from './answer-words.ts';
import { tooLate } from './presses.ts';

/** What was written before a question was there cannot answer it. Platforms count in seconds, and clocks differ. */
const SKEW_MS = 60_000;
const WHICH = 'More than one question waits here. Reply to the one you mean, or press one of its buttons.';

export interface TypedAnswersOptions {
  store: Store;
  questions: Questions;
  channel: (platform: string) => Channel | null;
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
  take(typed: Typed): string | null {
    const { message, role } = typed;
    const own = message.forwardedFrom === undefined && message.files.length === 0 && !message.unfinished;
    if (role !== 'owner' || !own) return null;
    const meant = this.#meant(typed);
    if (meant === null || typeof meant === 'string') return meant;
    return this.#answer(typed, meant);
  }

  #meant(typed: Typed): Meant | string | null {
    const { store, questions } = this.#options;
    const { row, message } = typed;
    const { answers } = JSON.parse(row.event) as { answers?: string };
    const quoted =
      message.replyTo?.messageId === undefined
        ? null
        : store.questionMessages.askedBy(row.channel, message.replyTo.messageId);
    const named = answers ?? quoted?.question;
    if (named !== undefined) {
      const question = questions.find(named);
      const answer = question && this.#read(typed, question, true);
      if (!question || !answer) return null;
      // What was to be typed is not asked for any more; then it is a message like any other.
      if (answers === undefined && question.state !== 'open' && answer.value !== undefined) return null;
      return { question, answer, again: answers !== undefined };
    }
    const shown = store.questionMessages
      .shownIn(row.channel)
      .filter(({ at }) => row.receivedAt >= at && message.sentAt >= at - SKEW_MS);
    const meant = shown.flatMap(({ question: id }): Meant[] => {
      const question = questions.find(id);
      const answer = question && this.#read(typed, question, false);
      return question && answer ? [{ question, answer, again: false }] : [];
    });
    if (shown.length > 1) return meant.some(({ answer }) => answer.option !== undefined) ? WHICH : null;
    return meant[0] ?? null;
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
