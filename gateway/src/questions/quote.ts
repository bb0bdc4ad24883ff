/**
 * What others wrote, as part of a question: in a code fence that it cannot end, without characters that hide or turn
 * text around. Where it is long, its beginning and its end are shown, since what matters may be put at either.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { visibleText } from '@mobyclaw/lib/visible-text';

const MOST_CHARS = 1_500; // so that a question fits one message on each platform
const MOST_LINES = 60; // blank lines could push the rest out of sight
const END = { chars: 400, lines: 15 };

/** @param all how to see the rest, the end of a sentence, such as `./mobyclaw questions show ID` */
export function fenced(text: string, all: string, language = ''): string {
  const shown = visibleText(text);
  const lines = shown.split('\n');
  if (shown.length <= MOST_CHARS && lines.length <= MOST_LINES) return inFence(shown, language);
  const head = cutText(lines.slice(0, MOST_LINES - END.lines).join('\n'), MOST_CHARS - END.chars);
  const tail = lines.slice(-END.lines).join('\n').slice(-END.chars).toWellFormed();
  return [
    inFence(head, language),
    '… here something is left out …',
    inFence(tail, language),
    `These are the beginning and the end; it has ${text.length} characters. All of it: ${all}`,
  ].join('\n\n');
}

function inFence(shown: string, language: string): string {
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** A name that others chose, for the middle of a line: one line, and nothing that Markdown would read. */
export function plain(name: string): string {
  const tame = visibleText(name).replace(/\s+/g, ' ').trim();
  const short = tame.length > 64 ? `${cutText(tame, 63)}…` : tame;
  return short.replace(/[\\`*_{}[\]<>()#+!|~]/g, (character) => (character === '_' ? '_' : ' ')).trim();
}
