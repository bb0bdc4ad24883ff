/** What the benchmark counts, and that a seed always makes the same life. */
import { expect, test } from 'vitest';
import { figuresOf, outcomes } from './figures.ts';
import { makeWorld, type Question } from './world.ts';

const question = (more: Partial<Question>): Question => ({
  ...{ kind: 'plain', text: '', evidence: [1], stale: [], ...more },
});

test('places of the first evidence, of what is outdated, and what is claimed without an answer', () => {
  const hits: Record<string, number[]> = {
    first: [1, 2],
    third: [8, 9, 1],
    never: [8, 9],
    old: [7, 1],
    none: [5],
  };
  const searcher = {
    search: (text: string) => ({ hits: hits[text] ?? [], claims: text !== 'never' }),
    close: () => undefined,
  };
  const figures = figuresOf(
    outcomes(searcher, [
      question({ text: 'first' }),
      question({ text: 'third' }),
      question({ text: 'never' }),
      question({ text: 'old', kind: 'update', stale: [7] }),
      question({ text: 'first', kind: 'update', stale: [7] }),
      question({ text: 'none', kind: 'no answer', evidence: [] }),
    ]),
  );
  expect(figures).toMatchObject({
    questions: 6,
    recallAt1: 2 / 5,
    recallAt5: 4 / 5,
    recallAt10: 4 / 5,
    stale: 1 / 2,
    falseAnswers: 1,
    doubted: 1 / 5,
  });
  expect(figures.mrr).toBeCloseTo((1 + 1 / 3 + 0 + 1 / 2 + 1) / 5, 12);
});

test('a seed makes the same life each time, another one another, and every kind of question has its evidence in it', () => {
  const world = makeWorld(7);
  expect(makeWorld(7)).toEqual(world);
  expect(makeWorld(8).turns[0]).not.toEqual(world.turns[0]);
  expect(new Set(world.questions.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(9);
  for (const { kind, evidence, stale, text } of world.questions) {
    expect(evidence.length === 0, text).toBe(kind === 'no answer');
    for (const id of [...evidence, ...stale]) expect(world.turns[id]?.id).toBe(id);
  }
  const days = world.turns.map(({ day }) => day);
  expect([days.toSorted(), new Set(days).size > 400]).toEqual([days, true]);
});
