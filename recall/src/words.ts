/**
 * Text as ranking sees it: words in lower case without accents, by their stem (Porter's, as FTS5's `porter`). Scripts that
 * are written without spaces, and Korean, whose endings stick to the word, are cut into pairs of signs, which needs no
 * dictionary and mixes with other languages in one line.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { stemmer } from 'stemmer';

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const PAIRED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;
const HAS_PAIRED = new RegExp(PAIRED.source, 'u');
const NOT_ASCII = /[^\p{ASCII}]/u;
const ACCENTS = /[\u0300-\u036f]/g;
const MAX_WORD = 64; // a key or a link: nobody asks for the rest of it
const STEMS_KEPT = 20_000; // the words of a rich vocabulary, some 2 MB

const stems = new BoundedMap<string, string>(STEMS_KEPT);

/** Lower case, compatible forms as one, accents of letters taken away. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (!NOT_ASCII.test(lower)) return lower;
  return lower.normalize('NFKD').replace(ACCENTS, '').normalize('NFC');
}

/** @returns the words as they stand, folded: what stop words and names are looked up by */
export function plainWords(text: string): string[] {
  return (fold(text).match(WORD) ?? []).map((word) => word.slice(0, MAX_WORD));
}

/** @param word folded @returns what it is indexed by: its stem, or the signs and pairs of signs of a script without spaces */
export function formsOf(word: string): string[] {
  if (!HAS_PAIRED.test(word)) return [stemOf(word)];
  return runsOf(word).flatMap(({ text, paired }) => {
    if (!paired) return [stemOf(text)];
    const signs = [...text];
    return [...signs, ...pairsOf(signs)];
  });
}

/** The same for a word of a question: the signs themselves only where there is no pair, since they are in everything. */
export function queryFormsOf(word: string): string[] {
  if (!HAS_PAIRED.test(word)) return [stemOf(word)];
  return runsOf(word).flatMap(({ text, paired }) => {
    if (!paired) return [stemOf(text)];
    const signs = [...text];
    return signs.length === 1 ? signs : pairsOf(signs);
  });
}

/** All that a text is indexed by, in its order. */
export function indexForms(text: string): string[] {
  return plainWords(text).flatMap(formsOf);
}

/** Pieces of four signs of a form, by which misspelt and compound words are alike. Shorter forms have none. */
export function gramsOf(form: string): string[] {
  const grams: string[] = [];
  for (let at = 0; at + 4 <= form.length; at++) grams.push(form.slice(at, at + 4));
  return grams;
}

/** How many grams a form has, without making them. */
export function gramCount(form: string): number {
  return Math.max(0, form.length - 3);
}

function stemOf(word: string): string {
  if (word.length < 3 || NOT_ASCII.test(word)) return word;
  let stem = stems.get(word);
  if (stem === undefined) {
    stem = stemmer(word);
    stems.set(word, stem);
  }
  return stem;
}

function pairsOf(signs: readonly string[]): string[] {
  return signs.slice(1).map((sign, at) => `${signs[at]}${sign}`);
}

function runsOf(word: string): { text: string; paired: boolean }[] {
  const runs: { text: string; paired: boolean }[] = [];
  let at = 0;
  for (const match of word.matchAll(PAIRED)) {
    if (match.index > at) runs.push({ text: word.slice(at, match.index), paired: false });
    runs.push({ text: match[0], paired: true });
    at = match.index + match[0].length;
  }
  if (at < word.length) runs.push({ text: word.slice(at), paired: false });
  return runs;
}
