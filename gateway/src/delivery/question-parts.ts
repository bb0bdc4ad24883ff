/**
 * The parts that show a question and what became of it. The question is sent, with its buttons below the last part; the
 * outcome changes the messages that the question was sent in, or, where there are none to be changed, is a short message.
 *
 * A turn waits for the answer, so a question must not get lost in a send of which nobody knows whether it arrived; and a
 * second copy of it must not be there either. If a platform cannot recognise a repeated send, then a line that only says that
 * there is a question goes ahead, as often as it takes, and is edited into the question, which can be repeated at will. At
 * worst that line is there twice.
 */
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Question } from '@mobyclaw/protocol/question';
import type { Button, Channel } from '../channels/channel.ts';
import type { RenderedPart, TextLimit } from '../render/part.ts';
import type { DeliveryRow, LiveRow, NewPart, PartRow } from '../store/outbox-store.ts';
import { buttonToken } from './button-token.ts';
import { toParts } from './parts.ts';
import { askingText, choicesOf, settledText } from './question-text.ts';

const MOST_CHARS = 3000; // a section with text in Slack takes no more

export function questionLimit({ max, unit }: TextLimit): TextLimit {
  return { max: Math.min(max, MOST_CHARS), unit };
}

/** Markdown of a delivery that asks a question or shows its outcome. */
export function questionMarkdown(
  { kind, channel: chat }: DeliveryRow,
  question: Question,
  { abilities }: Channel,
  timeZone: string,
): string {
  if (kind === 'question') return askingText(question, { chat, buttons: abilities.buttons, timeZone });
  return settledText(question, question.outcome ?? '');
}

const HERALD: RenderedPart = {
  text: '❓ I have a question for you.',
  plain: '❓ I have a question for you.',
  extras: { herald: true },
};

/** @param repeatable whether the platform shows a repeated send once */
export function questionParts(
  delivery: DeliveryRow,
  rendered: readonly RenderedPart[],
  repeatable: boolean,
  dueAt: number,
): NewPart[] {
  const parts = toParts(delivery, rendered, [], null, dueAt);
  if (repeatable) return parts;
  return parts.flatMap((part): NewPart[] => [
    { ...part, number: 2 * part.number, part: HERALD },
    { ...part, number: 2 * part.number + 1, action: 'edit', nonce: uuidv7() },
  ]);
}

/** The line that goes ahead: the part after it is edited into its message. */
export function isHerald({ part }: Pick<PartRow, 'part'>): boolean {
  return part.extras?.herald === true;
}

/** @param before parts of the delivery that asked */
export function outcomeParts(
  delivery: DeliveryRow,
  question: Question,
  rendered: readonly RenderedPart[],
  before: readonly PartRow[],
  dueAt: number,
): NewPart[] {
  const sent = before.filter((part) => part.state === 'sent' && !isHerald(part));
  const messages: LiveRow[] = sent.flatMap(({ message }, number) =>
    message === null ? [] : { number, message, shown: '', nonce: null, begunAt: 0 },
  );
  if (messages.length > 0) return toParts(delivery, rendered, messages, null, dueAt);
  const mayBeThere = sent.length > 0 || before.some(({ state }) => state === 'unknown');
  return mayBeThere ? toParts(delivery, [briefly(question)], [], null, dueAt) : [];
}

/** Where the message cannot be changed any more. */
export function briefly({ title, outcome = '' }: Question): RenderedPart {
  const text = `${title} ${outcome}`;
  return { text, plain: text };
}

export function buttonsOf(question: Question, key: string): Button[] {
  return choicesOf(question).map(({ label, style }, index) => {
    const id = buttonToken(question.id, index, key);
    return style === undefined ? { id, label } : { id, label, style };
  });
}
