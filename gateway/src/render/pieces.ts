/**
 * Cuts a block that is too large for the parser where a reader minds least: between the items of a list, between rows of a
 * table (its head is told again), at a line end, at a space. Every character is in one of the pieces, in order.
 */
import { type Bulk, bulkOf } from './parse-cost.ts';

export interface Piece {
  text: string;
  /** Not Markdown, or too deep to be parsed as such. */
  verbatim: boolean;
  /** What stands between the piece before and this one. */
  joint: '\n\n' | '\n' | ' ' | '';
}

/** Takes the parser some 15 ms at worst. A paragraph is a tenth of it; a list or a table is cut where nobody sees it. */
export const LARGEST_PIECE: Bulk = { characters: 4000, lines: 200, signs: 800 };
/** Lines of code inside of a list are not searched for markup. */
const SHARE_OF_CODE = 1 / 3;
/** Deeper quotes and lists than any person could read; the parser's stack ends at some thousand. */
const DEEPEST_NESTING = 16;

const NESTING = new RegExp(
  `^(?:[ \\t]*(?:>|[-+*](?=[ \\t])|\\d{1,9}[.)](?=[ \\t]))){${DEEPEST_NESTING}}` +
    `|^[ ]{${DEEPEST_NESTING * 2},}(?:[-+*]|\\d{1,9}[.)])[ ]`,
  'mu',
);
export const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/u;
export const LIST_ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)/u;
const TOP_ITEM = /^(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)/u;
const FENCE_ANYWHERE = /^\s*(?:`{3,}|~{3,})/u;
const TABLE_RULE = /^[|:\- \t]*-[|:\- \t]*$/u;

export function piecesOf(text: string): Piece[] {
  const whole = (verbatim: boolean): Piece[] => [{ text, verbatim, joint: '\n\n' }];
  const lineEnd = text.indexOf('\n');
  if (FENCE.test(lineEnd === -1 ? text : text.slice(0, lineEnd))) return whole(false); // linear, whatever its length
  if (NESTING.test(text)) return whole(true);
  if (isWithin(bulkOf(text))) return whole(false);
  const lines = text.split('\n');
  return tablePieces(lines) ?? linePieces(lines);
}

function isWithin({ characters, lines, signs }: Bulk): boolean {
  return (
    characters <= LARGEST_PIECE.characters && lines <= LARGEST_PIECE.lines && signs <= LARGEST_PIECE.signs
  );
}

/** Null where it is no table, or one whose head is too large to be told again. */
function tablePieces(lines: readonly string[]): Piece[] | null {
  const [head = '', rule = '', ...rows] = lines;
  if (!head.includes('|') || !TABLE_RULE.test(rule)) return null;
  const top = bulkOf(`${head}\n${rule}`);
  const small = top.characters * 4 < LARGEST_PIECE.characters && top.signs * 4 < LARGEST_PIECE.signs;
  if (!small || rows.some((row) => row.trim() === '' || !isWithin(sum(top, bulkOf(row))))) return null;
  const pieces: Piece[] = [];
  let own: string[] = [];
  let bulk = top;
  const flush = () => pieces.push({ text: [head, rule, ...own].join('\n'), verbatim: false, joint: '\n\n' });
  for (const row of rows) {
    const grown = sum(bulk, bulkOf(row));
    if (isWithin(grown)) bulk = grown;
    else {
      flush();
      own = [];
      bulk = sum(top, bulkOf(row));
    }
    own.push(row);
  }
  flush();
  return pieces;
}

function linePieces(lines: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  let joint: Piece['joint'] = '\n\n';
  let own: string[] = [];
  let bulk: Bulk = { characters: 0, lines: 0, signs: 0 };
  /** Index in `own` of the last line that begins an item of the outermost list. */
  let item = 0;
  let code = false;
  const add = (text: string, next: Piece['joint']) => {
    if (text !== '') pieces.push({ text, verbatim: false, joint });
    joint = next;
  };
  const list = LIST_ITEM.test(lines[0] ?? '');
  for (const line of lines) {
    const begins = list && TOP_ITEM.test(line);
    const fence = FENCE_ANYWHERE.test(line);
    if (begins) code = false;
    const here = code && !fence ? ofCode(line) : bulkOf(line);
    if (fence) code = !code;
    if (own.length > 0 && !isWithin(sum(bulk, here))) {
      const cut = begins || item === 0 ? own.length : item;
      const rest = own.slice(cut);
      const before = own.slice(0, cut).join('\n');
      const blank = /\n[ \t]*$/u.test(before);
      add(before.trimEnd() === '' ? before : before.trimEnd(), blank ? '\n\n' : '\n');
      own = rest;
      bulk = bulkOf(rest.join('\n'));
      item = 0;
    }
    if (begins) item = own.length;
    if (isWithin(here)) {
      own.push(line);
      bulk = sum(bulk, here);
    } else {
      // The lines before this one that belong to its item, and then the line in pieces.
      if (own.length > 0) add(own.join('\n'), '\n');
      own = [];
      item = 0;
      const parts = lineParts(line);
      for (const [index, part] of parts.entries())
        add(part.text, index === parts.length - 1 ? '\n' : part.next);
      bulk = { characters: 0, lines: 0, signs: 0 };
    }
  }
  if (own.length > 0) add(own.join('\n'), '');
  return pieces;
}

function sum(a: Bulk, b: Bulk): Bulk {
  return { characters: a.characters + b.characters, lines: a.lines + b.lines, signs: a.signs + b.signs };
}

function ofCode(line: string): Bulk {
  return { characters: line.length * SHARE_OF_CODE, lines: SHARE_OF_CODE, signs: 0 };
}

/** A line that is too long by itself. */
function lineParts(line: string): { text: string; next: ' ' | '' }[] {
  const parts: { text: string; next: ' ' | '' }[] = [];
  for (let start = 0; start < line.length; ) {
    const end = wordEnd(line, start, endWithin(line, start));
    const next = line[end] === ' ' ? ' ' : '';
    parts.push({ text: line.slice(start, end), next });
    start = end + next.length;
  }
  return parts;
}

function endWithin(line: string, start: number): number {
  let end = Math.min(line.length, start + LARGEST_PIECE.characters);
  // As dense as this line is, so many characters hold what the parser takes; halved until they do.
  while (bulkOf(line.slice(start, end)).signs > LARGEST_PIECE.signs) end = start + ((end - start) >> 1);
  return end;
}

/** At a space not far before `end`, else at `end`, never in a surrogate pair. */
function wordEnd(line: string, start: number, end: number): number {
  if (end >= line.length) return line.length;
  const space = line.lastIndexOf(' ', end);
  if (space > start && space > end - 1000) return space;
  return /[\uDC00-\uDFFF]/u.test(line.charAt(end)) ? end - 1 : end;
}
