/**
 * Words for FTS5. Scripts written without spaces are cut into words first (Intl.Segmenter), in the index and in the query
 * alike. A query becomes quoted words joined by OR, each matching as a prefix, so that a question in plain language finds
 * what shares any of its words, and nothing the model writes is read as FTS5 syntax.
 */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const MAX_TERMS = 32;
const MIN_PREFIX = 3; // shorter words match whole: "al*" would match half of memory

/** Words of English questions that say nothing of what is asked for; ranking takes care of other languages. */
const STOP_WORDS = new Set(
  `a about again all also am an and any are as at be been but by can could did do does for from had has have he her him his
  how i if in into is it its just like me my of on or our out please s she should so t tell than that the their them then
  there they this to told up us was we were what when where which who whom whose why will with would you your know
  remember ll m re ve`.split(/\s+/),
);

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Text as it goes into the index. */
export function indexable(text: string): string {
  if (!UNSPACED.test(text)) return text;
  return Array.from(segmenter.segment(text), ({ segment }) => segment).join(' ');
}

/** @returns the distinct words to search for, in lower case; empty where the query has none */
export function queryTerms(query: string): string[] {
  const words = [...new Set(indexable(query).toLowerCase().match(WORD) ?? [])];
  const telling = words.filter((word) => !STOP_WORDS.has(word));
  return (telling.length > 0 ? telling : words).slice(0, MAX_TERMS);
}

/** @param terms as `queryTerms` gives them: letters, marks and digits only */
export function matchExpression(terms: readonly string[]): string {
  return terms
    .map((term) => (term.length >= MIN_PREFIX || UNSPACED.test(term) ? `"${term}"*` : `"${term}"`))
    .join(' OR ');
}
