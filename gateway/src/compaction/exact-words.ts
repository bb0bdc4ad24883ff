/**
 * What a summary must not lose or change: names, numbers, links and paths, as they were written. A model leaves some out, so
 * what is missing is found by program and put beside the summary.
 */
import { estimateTokens } from '@mobyclaw/lib/token-estimate';

const LINK = /\bhttps?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/gu;
const MAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu;
const PATH =
  /(?<![\w/])(?:~|\.{1,2})?\/[\w.@+-]+(?:\/[\w.@+-]+)*|\b[\w-]+\.(?:md|txt|pdf|ya?ml|json|csv|ts|js|py|sh|docx?|xlsx?|png|jpe?g)\b/gu;
const NUMBER = /(?<![\p{L}\d-])[\p{Sc}+-]?\d(?:[.,:/ -]?\d)*(?:\s?(?:%|\p{Sc}))?|(?<![\p{L}\d])\d{2,}/gu;
const CODE =
  /\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+\b|\b(?=\w*\d)(?=\w*[A-Z])[A-Z0-9]{4,}\b/gu;
const NAME = /(?<=[\p{L}\d,;)] )\p{Lu}[\p{L}\p{M}'’-]+(?: \p{Lu}[\p{L}\p{M}'’-]+)*/gu;

/** English words that are written large within a sentence and name nobody. */
const NO_NAMES = new Set(['I', 'OK', 'Moby']);

/** @returns each once, in the order of the text; names after what is worse to lose */
export function exactWords(text: string): string[] {
  const exact = found(text, [LINK, MAIL, PATH, CODE, NUMBER]);
  const names = found(text, [NAME]).filter((name) => !exact.some((known) => known.includes(name)));
  return [...exact, ...names];
}

function found(text: string, forms: readonly RegExp[]): string[] {
  const words = new Map<string, number>();
  for (const form of forms) {
    for (const match of text.matchAll(form)) {
      const word = match[0].trim();
      if (word.length < 2 || NO_NAMES.has(word)) continue;
      if (![...words.keys()].some((known) => known.includes(word))) words.set(word, match.index);
    }
  }
  return [...words].toSorted(([, a], [, b]) => a - b).map(([word]) => word);
}

/**
 * @param from what was summarised
 * @param room tokens for what is added; names give way first, then what was said first
 * @returns the words that are not in the summary
 */
export function missingWords(from: string, summary: string, room: number): string[] {
  const has = plain(summary);
  const missing = (words: readonly string[]): string[] => words.filter((word) => !has.includes(plain(word)));
  const exact = found(from, [LINK, MAIL, PATH, CODE, NUMBER]);
  const names = exactWords(from).slice(exact.length);
  const kept: string[] = [];
  let left = room;
  for (const word of [...missing(exact).toReversed(), ...missing(names).toReversed()]) {
    left -= estimateTokens(word) + 1;
    if (left < 0) break;
    kept.push(word);
  }
  return kept.toReversed();
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').toLowerCase();
}
