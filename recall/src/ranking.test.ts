/** The ranking of the reference on exact values: five lines that can be reckoned by hand. */
import { expect, test } from 'vitest';
import { inverseFrequency, weightOf } from './bm25.ts';
import { score, zScores } from './fusion.ts';
import { ownScores, placeKey, withNeighbours } from './lexical.ts';
import { type Corpus, readQuestion } from './question.ts';
import { sessionScores } from './session-scores.ts';
import { gramsOf, indexForms } from './words.ts';

const LINES = [
  'Alice: I adopted a cat',
  'Bob: what is her name?',
  'Alice: Tarantella',
  'Bob: my cat sleeps, my cat eats',
  'Alice: the weather is fine',
];

/** What an index counts, counted here in the plainest way. */
function corpusOf(lines: readonly string[]): Corpus {
  const pieces = lines.map(indexForms);
  const grams = pieces.map((forms) => forms.flatMap(gramsOf));
  const holding = (all: string[][], one: string): number => all.filter((piece) => piece.includes(one)).length;
  const usual = (all: string[][]): number => all.flat().length / all.length;
  return {
    pieces: lines.length,
    usualWords: usual(pieces),
    usualGrams: usual(grams),
    holding: (form) => holding(pieces, form),
    holdingGram: (gram) => holding(grams, gram),
    kinOf: () => [],
  };
}

const corpus = corpusOf(LINES);
const scorable = LINES.map((line, id) => ({ id, forms: indexForms(line).join(' '), speaker: null }));

test('a word tells as much as it is rare', () => {
  expect(inverseFrequency(2, 5)).toBeCloseTo(Math.log(1 + 3.5 / 2.5), 12); // .8755
  expect(inverseFrequency(0, 5)).toBeCloseTo(Math.log(12), 12);
  expect(inverseFrequency(9, 5)).toBeCloseTo(inverseFrequency(5, 5), 12); // kin may be counted twice
});

test('BM25 with k1 1.5 and b .3', () => {
  expect(weightOf(1, 1, 4, 4)).toBeCloseTo(1, 12);
  expect(weightOf(1, 2, 4, 4)).toBeCloseTo((2 * 2.5) / 3.5, 12);
  expect(weightOf(1, 1, 8, 4)).toBeCloseTo(2.5 / (1 + 1.5 * (0.7 + 0.3 * 2)), 12); // .8475: twice as long
  expect(weightOf(1, 0, 4, 4)).toBe(0);
});

test('a piece has the weights of its words, and .3 of those of its grams', () => {
  const own = ownScores(readQuestion('Where is the cat?', corpus), scorable, corpus);
  expect(corpus.usualWords).toBeCloseTo(24 / 5, 12); // of 5 + 5 + 2 + 7 + 5 forms
  expect([...own.keys()]).toEqual([0, 3]);
  const idf = Math.log(1 + 3.5 / 2.5);
  expect(own.get(0)?.score).toBeCloseTo(weightOf(idf, 1, 5, 24 / 5), 12); // "cat" has no gram of four
  expect(own.get(3)?.score).toBeCloseTo(weightOf(idf, 2, 7, 24 / 5), 12);
  expect(own.get(3)).toMatchObject({ coverage: 1, times: [2], length: 7 });
  const name = ownScores(readQuestion('tarantula', corpus), scorable, corpus);
  const gramIdf = inverseFrequency(1, 5);
  const grams = gramsOf(indexForms('tarantula')[0] ?? '').filter((gram) => corpus.holdingGram(gram) > 0);
  expect(grams).toEqual(['tara', 'aran', 'rant']);
  const length = LINES.map((line) => indexForms(line).flatMap(gramsOf).length);
  expect(name.get(2)?.score).toBeCloseTo(
    3 * 0.3 * weightOf(gramIdf, 1, length[2] ?? 0, corpus.usualGrams),
    12,
  );
  expect(name.get(2)?.coverage).toBe(0); // the word itself is not there
});

test('a speaker whom the question names counts 1.3 times', () => {
  const named = scorable.map((piece) => ({ ...piece, speaker: piece.id === 3 ? 'Bob Miller' : 'Alice' }));
  const score = (question: string, pieces: typeof named | typeof scorable): number =>
    ownScores(readQuestion(question, corpus), pieces, corpus).get(3)?.score ?? 0;
  expect(score('what does the cat of bob do', named)).toBeCloseTo(
    1.3 * score('what does the cat of bob do', scorable),
    12,
  );
  expect(score('what does the cat do', named)).toBe(score('what does the cat do', scorable));
});

test('neighbours share half of what a piece has, those two away a quarter, within one source', () => {
  const key = (seq: number, source = 1): number => placeKey({ source, seq });
  const all = withNeighbours(
    new Map([
      [key(0), 4],
      [key(2), 8],
    ]),
  );
  expect(Object.fromEntries([...all].map(([at, value]) => [at - key(0), value]))).toEqual({
    0: 4 + 8 / 4,
    1: 4 / 2 + 8 / 2,
    2: 8 + 4 / 4,
    3: 8 / 2,
    4: 8 / 4,
  });
  expect([...all.keys()].every((at) => at >= key(0))).toBe(true); // nothing before the first
});

test('joined are z-scores: the dense side weighs .75, and alone the words stay as they are', () => {
  expect(zScores([1, 2, 3])).toEqual([-Math.sqrt(1.5), 0, Math.sqrt(1.5)]);
  expect(zScores([5, 5])).toEqual([0, 0]);
  const lexical = new Map([
    [1, 3],
    [2, 1],
  ]);
  expect(score(lexical)).toEqual(lexical);
  const joined = score(
    lexical,
    new Map([
      [2, 0.9],
      [3, 0.9],
    ]),
  );
  const words = zScores([3, 1, 0]);
  const vectors = zScores([0.9, 0.9, 0.9]);
  expect(joined.get(3)).toBeCloseTo((words[2] ?? 0) + 0.75 * (vectors[2] ?? 0), 12);
  const apart = score(
    lexical,
    new Map([
      [2, 0.9],
      [1, 0.1],
    ]),
  );
  expect(apart.get(1)).toBeCloseTo(1 - 0.75, 12);
  expect(apart.get(2)).toBeCloseTo(-1 + 0.75, 12);
});

test('a session with many turns about it goes before one with a loud turn', () => {
  const scores = sessionScores(
    new Map([
      ['many', { words: 6, turns: [2, 2, 2, 1] }],
      ['loud', { words: 5, turns: [4] }],
      ['none', { words: 1, turns: [0.5] }],
    ]),
  );
  expect([...scores].toSorted((a, b) => b[1] - a[1]).map(([name]) => name)).toEqual(['many', 'loud', 'none']);
  const [words = 0] = zScores([6, 5, 1]);
  const [turns = 0] = zScores([7, 4, 0.5]);
  expect(scores.get('many')).toBeCloseTo(0.34 * words + 0.33 * turns, 12);
});
