/**
 * What is good enough to be told before anybody asks. A search gives its best, however little that is; what nobody asked for
 * costs a model's attention, so it has to hold most of what the message says, and more than one word of it.
 */
import type { Found } from './search.ts';
import { isStopWord } from './stop-words.ts';
import { indexForms, plainWords, queryFormsOf } from './words.ts';

const LEAST_COVERAGE = 0.5;
const LEAST_WORDS = 2; // one word that is the same says nothing: "thanks", a name
const MOST_CHARS = 600; // of a message: what it is about stands at its beginning, and each word costs time

/** @returns the part of a message to look for; null where it says too little */
export function askedBy(message: string): string | null {
  const text = message.slice(0, MOST_CHARS);
  return tellingIn(text).length < LEAST_WORDS ? null : text;
}

/** Among several of these the one with the higher rank is the better. @returns null where it is not good enough */
export function rankUnasked(
  message: string,
  { content, coverage, score }: Pick<Found, 'content' | 'coverage' | 'score'>,
): number | null {
  if (coverage < LEAST_COVERAGE) return null;
  const held = new Set(indexForms(content));
  const shared = tellingIn(message).filter((word) => queryFormsOf(word).some((form) => held.has(form)));
  return shared.length < LEAST_WORDS ? null : coverage * score;
}

/** Each word once; unlike a search, which takes what it gets, nothing where all of them are stop words. */
function tellingIn(text: string): string[] {
  return [...new Set(plainWords(text))].filter((word) => !isStopWord(word));
}
