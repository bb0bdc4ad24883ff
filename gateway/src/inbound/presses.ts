/**
 * Presses of buttons. Whatever a platform hands over may be made up, old, a repeat, or from somebody else, so a button
 * counts only if the owner presses it, its signature is right, and the message is the one in the chat that shows the
 * question. Who is no owner learns nothing, not even whether there is a question.
 */

import { plainName } from '@mobyclaw/lib/plain-name';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Question } from '@mobyclaw/protocol/question';
import type { Access } from '../access/access.ts';
import { baseChat } from '../access/base-chat.ts';
import type { ButtonPress, PressAnswer } from '../channels/channel.ts';
import { isSigned, readButtonToken } from '../delivery/button-token.ts';
import { choicesOf } from '../delivery/question-text.ts';
import type { Questions } from '../questions/questions.ts';
import type { Asking } from '../store/question-message-store.ts';
import type { Store } from '../store/store.ts';

const NOT_OWNER = 'Only my owner can answer this.';
const NOT_OURS = 'I do not know this button. It may be from very long ago.';
const ELSEWHERE = 'This is a copy. Answer where I asked, or with ./mobyclaw questions.';

export interface PressesOptions {
  store: Store;
  access: Access;
  questions: Questions;
  /** It is known now where a settled question stands. */
  onFound: (question: Question, message: string) => void;
}

export class Presses {
  readonly #options: PressesOptions;

  constructor(options: PressesOptions) {
    this.#options = options;
  }

  /** @throws StoreError where it could not be stored; nothing has happened then */
  async take(platform: Platform, press: ButtonPress): Promise<PressAnswer> {
    const { store, access, questions } = this.#options;
    const { names } = store;
    const { sender } = press;
    const role = access.roleOf(platform, names.currentUser(platform, sender.id));
    if (role !== 'owner' || sender.bot) return refused(NOT_OWNER);
    const token = readButtonToken(press.button);
    const asking = token && store.questionMessages.asking(token.question);
    const question = token && questions.find(token.question);
    if (!token || !asking || !question || !isSigned(token, asking.buttonKey)) return refused(NOT_OURS);
    if (!this.#isThere(asking, press)) return refused(ELSEWHERE);
    const option = choicesOf(question)[token.answer]?.id;
    if (option === undefined) return refused(NOT_OURS);
    const found = store.transaction('relaxed', () =>
      store.questionMessages.learn(asking.seq, press.messageId),
    );
    const by = { door: platform, by: plainName(sender.name), chat: asking.channel };
    const result = questions.answer(question.id, { option }, by);
    switch (result.status) {
      case 'answered':
        return { text: result.question.outcome ?? '', accepted: true };
      case 'settled':
        if (found) this.#options.onFound(result.question, press.messageId);
        return refused(tooLate(result.question));
      case 'invalid':
        return refused(result.problem);
      case 'unknown':
        return refused(NOT_OURS);
    }
  }

  /** Whether the pressed message is the one that asks. The platform may not say which topic or thread it is in. */
  #isThere({ seq, channel }: Asking, press: ButtonPress): boolean {
    const { names, outbox } = this.#options.store;
    if (baseChat(names.current(press.channel)) !== baseChat(channel)) return false;
    const known = outbox.parts(seq).map(({ message }) => message);
    return known.includes(press.messageId) || known.includes(null);
  }
}

export function tooLate({ outcome = '' }: Question): string {
  return `That is decided already. ${outcome}`.trim();
}

function refused(text: string): PressAnswer {
  return { text, accepted: false };
}
