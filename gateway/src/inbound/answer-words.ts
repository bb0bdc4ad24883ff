/** What the owner types as an answer to a question: yes, no, a number, the words of a choice, a reason, or what is asked for. */
import type { Question } from '@mobyclaw/protocol/question';
import { choicesOf } from '../delivery/question-text.ts';

const YES = new Set(['yes', 'y', 'yes please', 'yep', 'yeah', 'ok', 'okay', 'sure', 'go ahead', '👍']);
const NO = new Set(['no', 'n', 'no thanks', 'nope', 'stop', '/cancel', '!cancel', 'cancel', '👎']);
const MOST_REASON = 1000;

/** `no, because …`; what only begins with the word says something else. */
const NO_WITH_REASON = /^(?:no|n|nope)\s*(?:[,.:;–—-]+\s*|\s(?=because\b))(\S.*)$/is;
/** In a reply to the question itself there is nothing else that it could mean. */
const NO_IN_REPLY = /^(?:no|nope)\s+(\S.*)$/is;

export interface TypedAnswer {
  option?: string;
  value?: string;
  reason?: string;
}

/**
 * @param reply it is a reply to the question's message
 * @param numbered the message counts the choices
 * @returns null where it says something else
 */
export function readWords(
  question: Pick<Question, 'options' | 'input' | 'fallback'>,
  text: string,
  { reply, numbered }: { reply: boolean; numbered: boolean },
): TypedAnswer | null {
  const said = text.trim();
  const words = said
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[.!]+$/, '');
  const choices = choicesOf(question);
  const no = choices.find(({ id }) => id === 'no')?.id ?? question.fallback;
  const chosen = choices.find(({ id, label }) => words === id.toLowerCase() || words === label.toLowerCase());
  if (chosen) return { option: chosen.id };
  if (NO.has(words)) return { option: no };
  if (question.input !== null) {
    return question.input.secret || said === '' ? null : { value: said };
  }
  if (numbered && /^\d$/.test(words)) {
    const counted = choices[Number(words) - 1];
    if (counted) return { option: counted.id };
  }
  if (YES.has(words)) {
    const yes = choices.find(({ id }) => id === 'yes') ?? choices.find(({ style }) => style === 'primary');
    return yes ? { option: yes.id } : null;
  }
  const reason = (NO_WITH_REASON.exec(said) ?? (reply ? NO_IN_REPLY.exec(said) : null))?.[1]?.trim();
  return reason ? { option: no, reason: reason.slice(0, MOST_REASON) } : null;
}
