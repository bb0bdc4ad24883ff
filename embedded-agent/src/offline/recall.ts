/** Finds, in what a memory tool returned, the line that answers a question. */
import { toSecondPerson } from './person.ts';

const STOP_WORDS = new Set(
  (
    'a an and are about again am at be can could did do does for from have has how i in is it know me mine my of on or ' +
    'please recall remember search find look up tell that the this to was were what whats when where which who whom ' +
    'whose why will with you your still happen owner user there s'
  ).split(' '),
);

/** Words that ask for the same thing as words that memory may use. */
const RELATED: readonly (readonly string[])[] = [
  ['live', 'home', 'address', 'city', 'moved', 'reside'],
  ['work', 'job', 'employed', 'profession', 'office', 'career'],
  ['born', 'birthday', 'birth', 'age', 'old', 'year'],
  ['like', 'love', 'enjoy', 'prefer', 'favourite', 'favorite', 'hobby'],
  ['hate', 'dislike'],
  ['name', 'called', 'call'],
  ['wife', 'husband', 'partner', 'spouse', 'married'],
  ['phone', 'number', 'mobile'],
  ['mail', 'email'],
  ['eat', 'food', 'diet', 'vegetarian', 'vegan', 'allergic', 'allergy'],
];

/** Words for a search: those of the question that carry meaning, and their kin. */
export function searchWords(question: string): string[] {
  const own = contentWords(question);
  return [...new Set([...own, ...own.flatMap((word) => kin(word))])];
}

/** What the question is about, in the words of the question. */
export function topic(question: string): string {
  return contentWords(question).join(' ') || 'that';
}

/** @returns the best line, told to the owner; null where none is about the question */
export function answerFrom(text: string, question: string): string | null {
  const wanted = contentWords(question).map((word) => ({ own: stem(word), kin: kin(word).map(stem) }));
  const possession = /\bmy ([\w-]+)/i.exec(question)?.[1]?.toLowerCase();
  const scored = factLines(text).map((line) => {
    const stems = new Set(words(line).map(stem));
    let score = 0;
    for (const { own, kin } of wanted) {
      if (stems.has(own)) score += 1;
      else if (kin.some((word) => stems.has(word))) score += 0.8; // the same thing in another word
    }
    if (score === 0) return { line, score };
    const owners = line.replaceAll('’', "'").toLowerCase();
    if (possession && new RegExp(`\\b(?:owner|user)'s ${escapeRegExp(possession)}\\b`).test(owners))
      score += 1;
    if (/\b(?:i|me|my)\b/i.test(question) && /\bthe (?:owner|user)\b/i.test(owners)) score += 0.5;
    return { line, score };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  // At least half of what was asked for must be in the line.
  if (best < Math.max(0.8, wanted.length / 2)) return null;
  const lines = [...new Set(scored.filter(({ score }) => score === best).map(({ line }) => line))];
  return lines.slice(0, 3).map(toSecondPerson).join(' ');
}

/** Facts of a text: list entries and plain lines, without headings, comments and the notes of the tool itself. */
export function factLines(text: string): string[] {
  return text
    .replace(/<!--[\s\S]*?-->/g, '')
    .split('\n')
    .filter((line) => !/^\s*(?:#|\[[^\]]*\]\s*$|```|---)/.test(line))
    .filter(
      (line) =>
        !/^\s*(?:Nothing found|Not searched|No passage has|Most about it|\((?:before|after): |Sections of|No sections|\S+, lines \d+ to)/.test(
          line,
        ),
    )
    .map((line) =>
      line
        .replace(/^\s*(?:[-*+]|\d+[.)|])\s+/, '')
        .replace(/[«»*_`]/g, '')
        .trim(),
    )
    .filter((line) => line !== '' && line !== '…');
}

function contentWords(text: string): string[] {
  return words(text).filter((word) => !STOP_WORDS.has(word));
}

function words(text: string): string[] {
  return (
    text
      .replaceAll('’', "'")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:'[a-z]+)?/gu) ?? []
  )
    .map((word) => word.replace(/'(?:s|re|m|ve|ll|d)$/, ''))
    .filter((word) => word !== '');
}

function kin(word: string): string[] {
  const own = stem(word);
  return RELATED.filter((group) => group.some((member) => stem(member) === own)).flatMap((group) => [
    ...group,
  ]);
}

function stem(word: string): string {
  if (word.length < 4) return word;
  return word.replace(/(?:ies|ing|ed|es|s|e|y)$/, '');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
