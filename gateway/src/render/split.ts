/**
 * Where to cut a text that is too long for one message. Reads well first: between paragraphs, then lines, sentences,
 * words; never inside a link, a surrogate pair or what a person sees as one character, unless that alone is too long.
 * A cut inside code is at a line end if it can be; the code is closed and opened again, since marks belong to runs.
 * At a cut only white space is dropped: every other character is in exactly one piece, in order.
 */
import { markOf, type StyledText } from './styled-text.ts';

export interface Piece {
  start: number;
  /** Without the white space at its end. */
  end: number;
  /** Where the text was cut. */
  cut: number;
}

/** What Unicode shows nothing for: a message of only these is refused as empty. */
const SEEN = /[^\p{White_Space}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Longer than the longest emoji sequence; a grapheme that is longer is no text. */
const GRAPHEME_WINDOW = 256;

/** Kinds of borders, best first, with the share of a full message that a piece must have to be cut there. */
const LADDER = [
  { kind: 'paragraph', share: 0.5 },
  { kind: 'line', share: 0.5 },
  { kind: 'code-paragraph', share: 0.6 },
  { kind: 'code-line', share: 0.5 },
  { kind: 'paragraph', share: 0.2 },
  { kind: 'line', share: 0.2 },
  { kind: 'code-line', share: 0.2 },
  { kind: 'sentence', share: 0.3 },
  { kind: 'word', share: 0.1 },
  { kind: 'weak', share: 0.1 },
] as const;

type Kind = (typeof LADDER)[number]['kind'];

/** How far beyond `longest` a cut looks. */
export const LOOKAHEAD = GRAPHEME_WINDOW;

/**
 * @param fits - whether the characters from start to end are one message
 * @param longest - no piece of more UTF-16 code units can fit
 * @param known - where the piece from `start` is cut, if that is known already; it depends on nothing beyond
 *   `start + longest + LOOKAHEAD`, as long as the text goes on there
 * @returns pieces with something to see in each; one that does not fit is a single character with its markup
 */
export function* split(
  text: StyledText,
  fits: (start: number, end: number) => boolean,
  longest: number,
  known: (start: number) => number | null = () => null,
): Generator<Piece, void> {
  const all = text.text;
  for (let start = afterCut(text, 0); start < all.length; ) {
    const end = known(start) ?? endOfPiece(text, start, fits, longest);
    const trimmed = trimEnd(text, start, end);
    if (SEEN.test(all.slice(start, trimmed))) yield { start, cut: end, end: trimmed };
    start = afterCut(text, end);
  }
}

function endOfPiece(
  text: StyledText,
  start: number,
  fits: (start: number, end: number) => boolean,
  longest: number,
): number {
  const last = trimEnd(text, start, text.text.length);
  if (last - start <= longest && fits(start, last)) return text.text.length;
  let low = start;
  let high = Math.min(start + longest, last) + 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(start, middle)) low = middle;
    else high = middle;
  }
  // Markup that the cut ends earlier can make a piece longer by some signs: then look for a border further ahead.
  for (let most = low; most > start; most = Math.min(most - 1, start + Math.floor((most - start) * 0.9))) {
    const end = bestBorder(text, start, most);
    if (end > start && fits(start, trimEnd(text, start, end))) return end;
  }
  return nextGrapheme(text.text, start);
}

function bestBorder(text: StyledText, start: number, most: number): number {
  const best = new Map<Kind, number>();
  for (let at = most; at > start; at--) {
    const kind = borderAt(text, start, at);
    if (kind !== null && !best.has(kind) && isGraphemeBorder(text.text, start, at)) best.set(kind, at);
    if (best.has('paragraph')) break; // nothing further ahead is better
  }
  for (const { kind, share } of LADDER) {
    const at = best.get(kind);
    if (at !== undefined && at - start >= (most - start) * share) return at;
  }
  const link = markOf(text.runAt(most), 'link');
  const beforeLink =
    link !== undefined && link === markOf(text.runAt(most - 1), 'link') ? text.startOfRun(most) : most;
  return graphemeBorder(text.text, start, beforeLink > start ? beforeLink : most);
}

/** What kind of border is before the character at `at`; null for none. */
function borderAt(text: StyledText, start: number, at: number): Kind | null {
  const all = text.text;
  const before = text.runAt(at - 1);
  const next = all.charAt(at);
  if (next === '\n') {
    if (markOf(text.runAt(at), 'pre') !== undefined)
      return all[at + 1] === '\n' ? 'code-paragraph' : 'code-line';
    if (all[at - 1] === '\n') return null; // counted where the white space begins
    if (markOf(before, 'heading') !== undefined) return 'weak'; // parts the heading from its text
    const quoted = markOf(text.runAt(at), 'quote') !== undefined;
    // A colon announces what comes next.
    return all[at + 1] === '\n' && !quoted && all[at - 1] !== ':' ? 'paragraph' : 'line';
  }
  if (markOf(before, 'pre') !== undefined || markOf(before, 'code') !== undefined) return null;
  if ('。！？'.includes(all.charAt(at - 1))) return 'sentence';
  if (next !== ' ' || all[at - 1] === ' ' || all[at - 1] === '\n' || at === start) return null;
  const after = text.runAt(at);
  const link = markOf(before, 'link');
  if (link !== undefined && link === markOf(after, 'link')) return null;
  if (markOf(after, 'marker') !== undefined || markOf(before, 'marker') !== undefined) return null;
  return /[.!?…:;]["'”’)\]]?$/u.test(all.slice(at - 2, at)) ? 'sentence' : 'word';
}

/** White space at a cut: all line breaks and what is empty between them; in code just the one line break. */
function afterCut(text: StyledText, at: number): number {
  const all = text.text;
  if (markOf(text.runAt(at), 'pre') !== undefined && markOf(text.runAt(at - 1), 'pre') !== undefined) {
    return all[at] === '\n' ? at + 1 : at;
  }
  let next = at;
  // The indentation of the line that comes next stays.
  for (let seen = at; seen < all.length && (all[seen] === '\n' || all[seen] === ' '); seen++) {
    if (markOf(text.runAt(seen), 'pre') !== undefined) return seen;
    if (all[seen] === '\n') next = seen + 1;
  }
  if (next === at && at > 0) while (all[next] === ' ') next++;
  return next;
}

function trimEnd(text: StyledText, start: number, end: number): number {
  let last = end;
  while (
    last > start &&
    /\s/u.test(text.text.charAt(last - 1)) &&
    markOf(text.runAt(last - 1), 'pre') === undefined
  ) {
    last--;
  }
  return last;
}

function isGraphemeBorder(all: string, start: number, at: number): boolean {
  return graphemeBorder(all, start, at) === at;
}

/** The last border at or before `at`, or `at` moved out of a surrogate pair where there is none after `start`. */
function graphemeBorder(all: string, start: number, at: number): number {
  if (at >= all.length || at <= start) return at;
  const from = Math.max(start, at - GRAPHEME_WINDOW);
  const found = GRAPHEMES.segment(all.slice(from, at + GRAPHEME_WINDOW)).containing(at - from);
  const border = from + (found?.index ?? 0);
  if (border > start) return border;
  return (all.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at;
}

function nextGrapheme(all: string, start: number): number {
  const found = GRAPHEMES.segment(all.slice(start, start + GRAPHEME_WINDOW)).containing(0);
  return start + Math.max(1, found?.segment.length ?? 1);
}
