/**
 * Cuts a memory file into the pieces that search ranks: one entry of a list with the lines that belong to it, one line of a
 * log, one paragraph; each within one section. What stands beside a piece is found by its neighbours, so none is made longer
 * for context.
 */
import { passagesOf } from '@mobyclaw/recall/long-text';
import type { Piece } from '@mobyclaw/recall/piece';
import { linesOf, sectionsOf } from '../markdown.ts';
import { dayOf, isGuestNotes, type MemoryFileName } from '../memory-file.ts';

const BEGINS_PIECE = /^\s*(?:[-*+]\s|\d+[.)]\s|\||(?:\d{4}-\d\d-\d\d )?\d\d:\d\d\b)/; // an entry, a row of a table, a time
const TIME = /^\s*(?:[-*+]\s+|\d+[.)]\s+)?(?:(\d{4}-\d\d-\d\d)\b[ ,:]*)?(\d\d:\d\d\b)?/;
const SPEAKER = /^[\s\d:.*+-]*\**(\p{Lu}[\p{L}.’'-]*(?: \p{Lu}[\p{L}.’'-]*){0,2})\**:\s/u; // "- 10:00 Anna Miller: …"
const GUEST = /^Words of (.+), not of the owner\.$/m; // as guest-notes.ts begins a file

export function piecesOf(name: MemoryFileName, text: string): Piece[] {
  const day = dayOf(name);
  const guest = isGuestNotes(name) ? (GUEST.exec(text)?.[1] ?? null) : null;
  const lines = linesOf(withoutComments(guest === null ? text : text.replace(GUEST, '')));
  const pieces: Piece[] = [];
  for (const section of sectionsOf(lines)) {
    const before = pieces.length;
    const title = day !== null && section.level === 1 ? '' : section.title; // of a log it is the day itself
    const add = (line: number, content: string): void => {
      const [, date, time] = TIME.exec(content) ?? [];
      const on = date ?? day;
      const at = on === null ? null : time === undefined ? on : `${on} ${time}`;
      const speaker = guest ?? SPEAKER.exec(content)?.[1] ?? null;
      for (const passage of passagesOf(content)) {
        pieces.push({ line, content: passage, section: title, at, speaker });
      }
    };
    let first = -1;
    const flush = (end: number): void => {
      if (first !== -1) add(first + 1, lines.slice(first, end).join('\n'));
      first = -1;
    };
    for (let index = section.start; index < section.end; index++) {
      const line = lines[index] ?? '';
      if (line.trim() === '' || BEGINS_PIECE.test(line)) flush(index);
      if (line.trim() !== '' && first === -1) first = index;
    }
    flush(section.end);
    if (pieces.length === before && section.level > 1) add(section.headingIndex + 1, section.title);
  }
  return pieces;
}

/** Comments are hints to the owner, not memories. Their lines stay, empty, so that line numbers hold. */
function withoutComments(text: string): string {
  return text.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ''));
}
