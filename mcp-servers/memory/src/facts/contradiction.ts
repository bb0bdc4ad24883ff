/**
 * Whether two lines cannot both be true, as far as a program can tell without a model: the same said with and without a "not",
 * of the same person another value of what there is one of, the same with another figure or degree. What it is not sure of it
 * lets stand; the nightly look asks the model.
 */
import { fold } from '@mobyclaw/recall/words';
import { plainLine } from '../sources/line-key.ts';
import { type FactWord, factWords } from './fact-words.ts';
import { sameWords } from './same-fact.ts';

const NEGATIONS = new Set(
  'not never no don doesn didn isn aren wasn won can cannot t longer without anymore nicht kein keine keinen nie niemals mehr pas jamais nunca'.split(
    ' ',
  ),
);
/** Against something, by the words for it. */
const AGAINST = new Set(['hate', 'dislik', 'detest', 'loath', 'hass']);
const IN_FAVOUR = new Set(['like', 'love', 'enjoi', 'prefer', 'mag', 'liebt']);
const DEGREES = new Set(
  'severe severely serious strong strongly deadly mild mildly slight slightly light schwer schwere stark starke leicht leichte'.split(
    ' ',
  ),
);
const EVENT =
  /\b(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|marz|mai|juni|juli|oktober|dezember|monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|tomorrow)\b|\d{4}-\d\d|\b\d{1,2}\.\d{1,2}\.|[a-z]{3,}ed\b/;

/** There is one of each at a time. The first group is whose, the last one what. */
const SINGLE = [
  /^(.+?) (?:(?:now |currently |still )?(?:lives?|resides?|is living|is based)) (?:in|at|near) (.+)$/,
  /^(.+?) (?:lebt|wohnt) (?:jetzt )?(?:in|bei|am) (.+)$/,
  /^(.+?) (?:now |currently )?works? (?:for|at) (.+)$/,
  /^(.+?) arbeitet (?:jetzt )?(?:bei|fur|als) (.+)$/,
  /^(.+?) (?:name is|is called|is named|heisst) (.+)$/,
  /^(.+?) is married to (.+)$/,
  /^(.+?) is (\d{1,3}) years? old$/,
  /^(.+? (?:birthday|geburtstag|phone(?: number)?|mobile(?: number)?|telefonnummer|e ?mail(?: address)?|address|adresse|time ?zone|blood (?:type|group)|shoe size|licen[cs]e plate|pin|(?:favou?rite|lieblings)\w* ?\w*)) (?:is|ist|:) (.+)$/,
  /^(.+?) (?:was born on|has (?:his|her|their) birthday on) (.+)$/,
  /^(.+?) (?:wakes?|gets?) up at (.+)$/,
];

/** @returns why, as the end of a sentence; null where nothing says that they contradict each other */
export function contradiction(a: string, b: string): string | null {
  const left = factWords(a);
  const right = factWords(b);
  if (sameWords(left, right)) return null;
  const one = polarity(left);
  const other = polarity(right);
  if (one.negative !== other.negative && one.rest.length > 1 && sameWords(one.rest, other.rest)) {
    return 'one says what the other denies';
  }
  if (one.negative === other.negative && otherValue(a, b)) return 'there is only one of these at a time';
  if (differOnly(left, right, ({ word }) => DEGREES.has(word))) return 'they differ in how much';
  const isFigure = ({ word }: FactWord): boolean => /^\d[\d.,]*$/.test(word);
  if (left.length > 2 && !EVENT.test(fold(a)) && !EVENT.test(fold(b)) && differOnly(left, right, isFigure)) {
    return 'they differ in a figure';
  }
  return null;
}

/** Whether it is against what the rest says; "hates" is a "likes" with a "not". */
function polarity(words: readonly FactWord[]): { negative: boolean; rest: FactWord[] } {
  let negative = false;
  const rest: FactWord[] = [];
  for (const word of words) {
    if (NEGATIONS.has(word.word)) {
      negative = true;
      continue;
    }
    const against = AGAINST.has(word.key);
    if (against) negative = !negative;
    const liking = against || IN_FAVOUR.has(word.key);
    if (word.word === 'do' || word.word === 'does') continue;
    rest.push(liking ? { ...word, key: 'like' } : word);
  }
  return { negative, rest };
}

function otherValue(a: string, b: string): boolean {
  const left = single(a);
  const right = single(b);
  if (!left || !right || left.form !== right.form || !sameWords(left.whose, right.whose)) return false;
  const known = new Set(left.value.map(({ key }) => key));
  const inside = right.value.every(({ key }) => known.has(key));
  const around = left.value.every(({ key }) => right.value.some((word) => word.key === key));
  return !inside && !around; // "Oslo" and "Oslo, Norway" are no two places
}

function single(line: string): { form: number; whose: FactWord[]; value: FactWord[] } | null {
  const text = fold(plainLine(line))
    .replace(/[’']s\b/g, '')
    .replace(/[*_`"“”().,;]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  for (const [form, pattern] of SINGLE.entries()) {
    const match = pattern.exec(text);
    if (match) return { form, whose: factWords(match[1] ?? ''), value: factWords(match[2] ?? '') };
  }
  return null;
}

/** Whether both have words of a sort, each other ones, and are the same without them. */
function differOnly(
  a: readonly FactWord[],
  b: readonly FactWord[],
  isSort: (word: FactWord) => boolean,
): boolean {
  const [left, right] = [a.filter(isSort), b.filter(isSort)];
  if (left.length === 0 || left.length !== right.length || sameWords(left, right)) return false;
  const without = (words: readonly FactWord[]): FactWord[] => words.filter((word) => !isSort(word));
  return without(a).length > 1 && sameWords(without(a), without(b));
}
