/**
 * A line of memory as the words that make its meaning: stems, without words that only hold a sentence together. Direction, time
 * and negation are meaning ("from", "until", "not"), and so is a past form: who lived somewhere lives there no more.
 */
import { formsOf, plainWords } from '@mobyclaw/recall/words';
import { plainLine } from '../sources/line-key.ts';

const LIGHT = new Set(
  `a an the this that these those is are am be been being s his her hers their its my your our he she they it i you we
  of in on at to by for as with over than and also too very really quite so just
  der die das ein eine einen einem einer ist sind sein seine seinen seiner ihr ihre er sie es und auch sehr im in am an zu
  le la les un une des est sont son sa ses il elle et el los las una es su sus y`.split(/\s+/),
);
const OWNER = new Set(['user', 'besitzer', 'besitzerin']);

export interface FactWord {
  /** What is compared. */
  key: string;
  /** As it stands, folded. */
  word: string;
  /** Begins with a capital and does not begin the line. */
  isName: boolean;
}

export function factWords(line: string): FactWord[] {
  const text = plainLine(line);
  const capitals = new Set(
    [...text.matchAll(/(?<=\S\s*)\p{Lu}[\p{L}\p{N}]*/gu)].flatMap(([name]) => plainWords(name)),
  );
  const words = plainWords(text);
  const telling = words.filter((word) => !LIGHT.has(word));
  return (telling.length > 0 ? telling : words).map((word) => ({
    key: keyOf(word),
    word,
    isName: capitals.has(word),
  }));
}

/** Porter's stem makes one of "lived" and "lives". */
function keyOf(word: string): string {
  if (OWNER.has(word)) return 'owner';
  return formsOf(word).join('') + (/^[a-z]{3,}ed$/.test(word) ? '+ed' : '');
}
