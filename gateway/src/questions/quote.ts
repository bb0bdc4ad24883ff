/**
 * What others wrote, as part of a question: in a code fence that it cannot end, without characters that hide or turn
 * text around, and cut where it is long.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { visibleText } from '@mobyclaw/lib/visible-text';

const MOST_CHARS = 1_500; // so that a question fits one message on each platform

/** @param all how to see the rest, the end of a sentence, such as `./mobyclaw questions show ID` */
export function fenced(text: string, all: string, language = ''): string {
  const shown = visibleText(text.length > MOST_CHARS ? cutText(text, MOST_CHARS) : text);
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  const rest =
    text.length > MOST_CHARS
      ? `\n\nThis is the beginning; it has ${text.length} characters. All of it: ${all}`
      : '';
  return `${fence}${language}\n${shown}\n${fence}${rest}`;
}

/** A name that others chose, for the middle of a line: one line, and nothing that Markdown would read. */
export function plain(name: string): string {
  const tame = visibleText(name).replace(/\s+/g, ' ').trim();
  const short = tame.length > 64 ? `${cutText(tame, 63)}…` : tame;
  return short.replace(/[\\`*_{}[\]<>()#+!|~]/g, (character) => (character === '_' ? '_' : ' ')).trim();
}
