/**
 * Whether two lines say the same. They do if they have the same telling words (fact-words.ts), in much the same order, and the
 * names among them in the same one. One word more or less is another fact: "likes tea" and "likes green tea" both stand.
 */
import { type FactWord, factWords } from './fact-words.ts';

const SAME_ORDER = 0.7; // of the words: a phrase may stand elsewhere, giver and taker may not change places

export function isSameFact(a: string, b: string): boolean {
  return sameWords(factWords(a), factWords(b));
}

export function sameWords(a: readonly FactWord[], b: readonly FactWord[]): boolean {
  if (a.length === 0 || a.length !== b.length || !sameKeys(a, b)) return false;
  const names = (words: readonly FactWord[]): string =>
    words.flatMap(({ key, isName }) => (isName ? key : [])).join(' ');
  if (a.some(({ isName }) => isName) && b.some(({ isName }) => isName) && names(a) !== names(b)) {
    if (
      sameKeys(
        a.filter(({ isName }) => isName),
        b.filter(({ isName }) => isName),
      )
    )
      return false;
  }
  return inOrder(a, b) >= SAME_ORDER * a.length;
}

function sameKeys(a: readonly FactWord[], b: readonly FactWord[]): boolean {
  const sorted = (words: readonly FactWord[]): string =>
    words
      .map(({ key }) => key)
      .sort()
      .join('\n');
  return sorted(a) === sorted(b);
}

/** Length of the longest sequence that both have in this order. */
function inOrder(a: readonly FactWord[], b: readonly FactWord[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const { key } of a) {
    const next = [0];
    for (const [at, other] of b.entries()) {
      next.push(key === other.key ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
