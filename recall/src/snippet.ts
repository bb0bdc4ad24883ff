/** Cuts the passage out of a text that has most of what was asked for, with the words that match between « and ». */
import { cutText } from '@mobyclaw/lib/cut-text';
import { fold, formsOf } from './words.ts';

const WORDS = 24;
const MAX_CHARS = 320; // of a script without spaces a word is a sentence
const LONG_ENOUGH = 5; // as in candidates.ts: a longer word may begin with one of these
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** @param asked forms of the question, as `recall` tells them */
export function snippetOf(text: string, asked: readonly string[]): string {
  const wanted = new Set(asked);
  const beginnings = asked.filter((form) => form.length >= LONG_ENOUGH);
  const isAsked = (form: string): boolean =>
    wanted.has(form) || beginnings.some((beginning) => form.startsWith(beginning));
  const words = [...text.matchAll(WORD)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    matches: formsOf(fold(match[0])).some(isAsked),
  }));
  if (words.length === 0) return cutText(text, MAX_CHARS);
  const first = densest(words.map(({ matches }) => matches));
  const shown = words.slice(first, first + WORDS);
  const last = shown.at(-1);
  const from = first === 0 ? 0 : (shown[0]?.start ?? 0);
  const to = first + WORDS >= words.length ? text.length : (last?.end ?? text.length);
  let marked = '';
  let at = from;
  for (const { start, end, matches } of shown) {
    if (!matches) continue;
    marked += `${text.slice(at, start)}«${text.slice(start, end)}»`;
    at = end;
  }
  marked += text.slice(at, to);
  const cut = marked.length > MAX_CHARS ? cutText(marked, MAX_CHARS) : marked;
  return `${from > 0 ? '…' : ''}${cut}${to < text.length || cut.length < marked.length ? '…' : ''}`;
}

/** @returns the first word of the window with most matches; some words before the first match stay for its sense */
function densest(matches: readonly boolean[]): number {
  let best = 0;
  let most = -1;
  let inside = 0;
  for (const [at, isMatch] of matches.entries()) {
    inside += Number(isMatch) - Number(matches[at - WORDS] ?? false);
    if (inside > most) {
      most = inside;
      best = at;
    }
  }
  if (most <= 0) return 0;
  const firstMatch = matches.indexOf(true, Math.max(0, best - WORDS + 1));
  const spare = Math.max(0, WORDS - (best - firstMatch + 1));
  const start = Math.max(0, firstMatch - Math.floor(spare / 2));
  return Math.max(0, Math.min(start, matches.length - WORDS));
}
