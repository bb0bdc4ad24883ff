/** A question as a chat shows it, and what became of it, in Markdown. */

import { localTime } from '@mobyclaw/lib/local-time';
import { quotedName } from '@mobyclaw/lib/plain-name';
import type { Question, QuestionOption } from '@mobyclaw/protocol/question';

type Asked = Pick<
  Question,
  'id' | 'text' | 'options' | 'input' | 'fallback' | 'asker' | 'source' | 'session' | 'expiresAt'
>;

/** What can be chosen by a button, a number or a word. Where something is to be typed, it can be declined. */
export function choicesOf({
  options,
  input,
  fallback,
}: Pick<Question, 'options' | 'input' | 'fallback'>): QuestionOption[] {
  if (input === null || options.length > 0) return options;
  return [{ id: fallback, label: 'Decline' }];
}

/**
 * @param chat that shows it
 * @param buttons whether it shows the choices by itself
 */
export function askingText(
  question: Asked,
  { chat, buttons, timeZone }: { chat: string; buttons: boolean; timeZone: string },
): string {
  const where = whereFrom(question, chat);
  const lines = [`❓ ${question.text}`, ...(where === '' ? [] : [where]), howTo(question, buttons)];
  const choices = choicesOf(question);
  const counts = choices.find(({ id }) => id === question.fallback)?.label ?? 'No';
  const until = localTime(Date.parse(question.expiresAt), timeZone).time;
  lines.push(`If nobody answers until ${until}, that counts as “${counts}”.`);
  return lines.filter((line) => line !== '').join('\n\n');
}

/** @param outcome one plain line; people's names and reasons stand in it */
export function settledText({ text }: Pick<Question, 'text'>, outcome: string): string {
  return `${text}\n\n**${escaped(outcome)}**`;
}

function whereFrom({ asker, source, session }: Asked, chat: string): string {
  const whose =
    asker === 'guest'
      ? 'for a guest'
      : asker === 'webhook' || source === 'webhook'
        ? 'for a webhook'
        : source === 'cron'
          ? 'for a schedule'
          : source === 'heartbeat'
            ? 'by himself, at a heartbeat'
            : '';
  if (whose === '' && session === chat) return '';
  const conversation =
    session === chat ? '' : ` in the conversation \`${quotedName(session).replaceAll('`', "'")}\``;
  return `Moby does this ${whose === '' ? 'for you' : whose}${conversation}.`;
}

function howTo(question: Asked, buttons: boolean): string {
  const { id, input, options } = question;
  if (input?.secret) {
    return `A password or a key is never asked for in a messenger. Type it at the terminal: \`./mobyclaw questions answer ${id}\`, or answer \`no\` here to decline.`;
  }
  if (input !== null) {
    const ways = buttons ? [] : options.filter((option) => option.id !== question.fallback);
    const words = ways.map(({ label }) => `“${escaped(label)}”, `).join('');
    return `Answer with your next message here, ${words}or \`no\` to decline.`;
  }
  if (buttons) return '';
  const list = options.map(({ label }, index) => `${index + 1}. ${escaped(label)}`).join('\n');
  return `${list}\n\nAnswer with a number or the word. \`no, because …\` says why not.`;
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~&]/g, '\\$&');
}
