/** Puts an entry at the end of a section of MEMORY.md. Pure; the rest of the text stays as it is, byte for byte. */
import { linesOf, sameTitle, sectionsOf } from './markdown.ts';

const LIST_ITEM = /^\s*([-*+]|\d+[.)])\s/;

export interface Appended {
  text: string;
  /** Lines that were not there yet. */
  added: string[];
  /** Heading as it stands in the text. */
  section: string;
  created: boolean;
}

/**
 * @param entry one fact a line; each becomes a list item, and one that the section has already is left out
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
  const present = new Set(target ? lines.slice(target.start, target.end).map(normalized) : []);
  const added = items.filter((item) => {
    const key = normalized(item);
    if (present.has(key)) return false;
    present.add(key);
    return true;
  });
  const title = target?.title ?? section.replace(/^[#\s]+|[#\s]+$/g, '');
  if (added.length === 0) return { text, added, section: title, created: false };
  if (!target) {
    const block = [`## ${title}`, '', ...added, ''].join(newline);
    return { text: text + gapAtEnd(text, newline) + block, added, section: title, created: true };
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
  return { text: text.slice(0, at) + block + text.slice(at), added, section: title, created: false };
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

function normalized(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}
