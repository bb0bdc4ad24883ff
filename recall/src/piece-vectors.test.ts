/** Meaning beside words: which pieces get vectors, when they count, and what they say, to the digit. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { zScores } from './fusion.ts';
import { PieceIndex } from './piece-index.ts';
import { type MadeVector, PieceVectors } from './piece-vectors.ts';
import { recall } from './search.ts';
import { cosine } from './vector.ts';

const MODEL = 'small';

function setUp(lines: readonly string[], folder = temporaryFolder()) {
  const index = new PieceIndex(join(folder, 'search.db'), { keepsText: true });
  onTestFinished(() => index.close());
  const pieces = (texts: readonly string[]) =>
    texts.map((content, at) => ({ line: at + 1, content, section: '', at: null, speaker: null }));
  index.replace('log', 'as it was', pieces(lines));
  const vectors = new PieceVectors(index);
  const make = (of: Record<string, number[]>, model = MODEL): MadeVector[] =>
    vectors.wanted(model, 100).flatMap(({ id, check, content }) => {
      const vector = of[content];
      return vector === undefined ? [] : [{ id, check, vector }];
    });
  const give = (of: Record<string, number[]>, model = MODEL): void => vectors.put(model, make(of, model));
  const dense = (vector: number[], model = MODEL) =>
    vectors.dense(model, new Map([['q', Float32Array.from(vector)]]));
  return { index, vectors, pieces, make, give, dense };
}

const OF = { 'the boat leaks': [1, 0, 0], 'a pump was bought': [0, 1, 0], 'tea with Anna': [0, 0, 1] };
const LINES = Object.keys(OF);

test('the newest without a vector are wanted first, each once', () => {
  const { vectors, give } = setUp(LINES);
  expect(vectors.wanted(MODEL, 2).map(({ content }) => content)).toEqual([
    'tea with Anna',
    'a pump was bought',
  ]);
  give(OF);
  expect(vectors.wanted(MODEL, 10)).toEqual([]);
  expect(vectors.count(MODEL)).toBe(3);
});

test('what counts is .6 of the piece and .4 of its window', () => {
  const { index, give, dense } = setUp(LINES);
  give(OF);
  const scores = dense([1, 0, 0])?.scores('q', []) ?? new Map();
  const byLine = index.sql('SELECT id, line FROM piece ORDER BY line').all();
  const at = (line: number) => scores.get(Number(byLine[line - 1]?.id));
  expect(at(1)?.window).toBeCloseTo(1 / Math.sqrt(2), 6);
  expect(at(1)?.score).toBeCloseTo(0.6 + 0.4 / Math.sqrt(2), 6);
  expect(at(2)?.score).toBeCloseTo(0.4 / Math.sqrt(3), 6);
  expect(at(3)?.score).toBe(0);
});

test('in a search both sides are joined by z-scores, .75 of the dense one', () => {
  const { index, vectors, give } = setUp(LINES);
  give(OF);
  const dense = vectors.dense(MODEL, new Map([['vessel', Float32Array.of(1, 0, 0)]]));
  const { hits } = recall(index, { phrasings: ['vessel'], limit: 3, today: '2026-01-01', dense });
  expect(hits.map(({ content }) => content)).toEqual(LINES);
  const z = zScores([0.6 + 0.4 / Math.sqrt(2), 0.4 / Math.sqrt(3), 0]);
  expect(hits[1]?.score).toBeCloseTo((z[1] ?? 0) / (z[0] ?? 1), 6);
  expect(hits.every(({ coverage }) => coverage === 0)).toBe(true); // words alone speak for coverage
});

test('words alone answer until nine of ten pieces have a vector, and while another model is made', () => {
  const { give, dense } = setUp(LINES);
  give({ 'tea with Anna': [0, 0, 1] });
  expect(dense([1, 0, 0])).toBeNull();
  give(OF);
  expect(dense([1, 0, 0])).not.toBeNull();
  expect(dense([1, 0, 0], 'another')).toBeNull();
  give({ 'tea with Anna': [0, 1, 1] }, 'another');
  expect(dense([1, 0, 0], 'another')).toBeNull();
  give(OF, 'another');
  expect(dense([1, 0, 0], 'another')).not.toBeNull();
  expect(dense([1, 0, 0])).toBeNull();
});

test('a piece that changes or goes takes its vector along, and one made for it meanwhile is left out', () => {
  const { index, vectors, pieces, make, give, dense } = setUp(LINES);
  const late = make(OF);
  index.replace('log', 'changed', pieces(['the boat leaks', 'nothing of it']));
  vectors.put(MODEL, late);
  expect(vectors.count(MODEL)).toBe(1);
  give({ 'nothing of it': [0, 1, 0] });
  expect([...(dense([0, 1, 0])?.scores('q', []).keys() ?? [])]).toHaveLength(2);
  index.remove('log');
  expect(vectors.count(MODEL)).toBe(0);
  expect(dense([0, 1, 0])).toBeNull();
});

test('of thousands the nearest are found by their signs, also after a restart', () => {
  let state = 7;
  const random = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
  const of = new Map(
    Array.from({ length: 3000 }, (_, n) => [`piece ${n}`, Array.from({ length: 64 }, random)]),
  );
  const folder = temporaryFolder();
  const { index, vectors } = setUp([...of.keys()], folder);
  const made = vectors
    .wanted(MODEL, 5000)
    .map(({ id, check, content }) => ({ id, check, vector: of.get(content) ?? [] }));
  vectors.put(MODEL, made);
  for (const held of [vectors, new PieceVectors(index)]) {
    const wanted = made.filter((_, at) => at % 300 === 0);
    for (const { id, vector } of wanted) {
      const near = Float32Array.from(vector, (part) => part + random() / 4);
      const scores = held.dense(MODEL, new Map([['q', near]]))?.scores('q', []) ?? new Map();
      const own = cosine(near, vector);
      expect(scores.size).toBe(200);
      expect(scores.get(id)?.score).toBeGreaterThan(0.6 * own);
    }
  }
});

test('a vector that says nothing is refused, and nothing of its batch is kept', () => {
  const { vectors, make } = setUp(LINES);
  const [one, two] = make(OF);
  expect(() => vectors.put(MODEL, [one as MadeVector, { ...(two as MadeVector), vector: [0, 0] }])).toThrow(
    RangeError,
  );
  expect(() => vectors.put(MODEL, [{ ...(two as MadeVector), vector: [Number.NaN, 1] }])).toThrow(RangeError);
  expect(vectors.count(MODEL)).toBe(0);
});
