/** Puts an entry at the end of a section of MEMORY.md. Pure; the rest of the text stays as it is, byte for byte. */
import { isSameFact } from './facts/same-fact.ts';
import { isWarning } from './facts/warning.ts';
import { linesOf, type Section, sameTitle, sectionsOf } from './markdown.ts';
import { plainLine } from './sources/line-key.ts';

/** A line so short says what it says only under its heading: "oat milk". */
const STANDS_ALONE_WORDS = 4;
const LIST_ITEM = /^\s*([-*+]|\d+[.)])\s/;

export interface Appended {
  text: string;
  /** Lines that were not there yet. */
  added: string[];
  /** Those that stand there already, in these or other words. */
  present: Present[];
  /** Heading as it stands in the text. */
  section: string;
  created: boolean;
}

export interface Present {
  entry: string;
  /** As it stands, and its number from 1; 0 where it is one of the lines that are being added. */
  line: string;
  number: number;
}

/**
 * @param entry one fact a line; each becomes a list item, and one that is there already (facts/same-fact.ts) is left out
 * @param section heading to put it under; made at the end of the text where it is missing
 */
export function appendToSection(text: string, section: string, entry: string): Appended {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const items = entry
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
    .map((line) => (LIST_ITEM.test(line) ? line : `- ${line.trim()}`));
  const lines = linesOf(text);
  const target = sectionsOf(lines).find((found) => found.level > 0 && sameTitle(found.title, section));
  const present: Present[] = [];
  const added: string[] = [];
  for (const item of items) {
    const found = standing(item, lines, target) ?? twice(item, added);
    if (found) present.push({ entry: item, ...found });
    else added.push(item);
  }
  const title = target?.title ?? section.replace(/^[#\s]+|[#\s]+$/g, '');
  if (added.length === 0) return { text, added, present, section: title, created: false };
  if (!target) {
    const block = [`## ${title}`, '', ...added, ''].join(newline);
    return { text: text + gapAtEnd(text, newline) + block, added, present, section: title, created: true };
  }
  let last = target.end - 1;
  while (last >= target.start && lines[last]?.trim() === '') last--;
  const gap = LIST_ITEM.test(lines[last] ?? '') && last >= target.start ? '' : newline;
  const at = endOfLine(text, Math.max(last, target.headingIndex));
  const block =
    newline +
    gap +
    added.join(newline) +
    (text.slice(at).trim() === '' ? finalBreak(text.slice(at), newline) : '');
  return { text: text.slice(0, at) + block + text.slice(at), added, present, section: title, created: false };
}

/** What the text lacks so that an empty line stands before what follows. */
function gapAtEnd(text: string, newline: string): string {
  if (text.trim() === '' || /\n[ \t]*\r?\n$/.test(text)) return '';
  return text.endsWith('\n') ? newline : newline + newline;
}

/** A text that the owner ended without one gets a line break after what is added, not after his own last line. */
function finalBreak(rest: string, newline: string): string {
  return rest.includes('\n') ? '' : newline;
}

/** @param line index, from 0 @returns the offset of its end, before the line break */
function endOfLine(text: string, line: number): number {
  let at = -1;
  for (let index = 0; index < line; index++) at = text.indexOf('\n', at + 1);
  const end = text.indexOf('\n', at + 1);
  if (end === -1) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

/** Where a fact stands already: anywhere in its own section, elsewhere only if it says all by itself. */
function standing(
  item: string,
  lines: readonly string[],
  target: Section | undefined,
): Omit<Present, 'entry'> | undefined {
  const elsewhere = plainLine(item).split(' ').length >= STANDS_ALONE_WORDS && !isWarning(item);
  for (const [index, line] of lines.entries()) {
    const inside = target !== undefined && index >= target.start && index < target.end;
    if (!inside && !elsewhere) continue;
    if (isSame(item, line)) return { line, number: index + 1 };
  }
  return undefined;
}

function twice(item: string, added: readonly string[]): Omit<Present, 'entry'> | undefined {
  const line = added.find((other) => isSame(item, other));
  return line === undefined ? undefined : { line, number: 0 };
}

function isSame(item: string, line: string): boolean {
  return plainLine(item) === plainLine(line) || isSameFact(item, line);
}
