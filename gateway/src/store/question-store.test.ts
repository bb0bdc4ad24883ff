/** Questions to the owner by what waits, what has changed since, and what is still to be done with an answer. */
import { expect, test } from 'vitest';
import { openStore, questionOf } from './testing/open-store.ts';

const answered = { state: 'answered', answer: null, outcome: 'yes' } as const;
const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

test('what waits: those that end first at the front; of one chat in the order they were asked', () => {
  const { questions } = openStore();
  questions.insert(questionOf('late', { expiresAt: 90, chat: 'telegram:dm:1' }));
  questions.insert(questionOf('early', { expiresAt: 50, chat: 'telegram:dm:1', session: 'b', turn: 'u' }));
  questions.insert(questionOf('elsewhere', { expiresAt: 70, chat: 'slack:dm:1' }));
  expect(ids(questions.open())).toEqual(['early', 'elsewhere', 'late']);
  expect(ids(questions.openIn('telegram:dm:1'))).toEqual(['late', 'early']);
  expect(questions.countOpen()).toBe(3);
  expect(ids(questions.ofTurn('t'))).toEqual(['late', 'elsewhere']);
  questions.settle('early', { ...answered, at: 5 });
  expect(ids(questions.open())).toEqual(['elsewhere', 'late']);
  expect(ids(questions.openIn('telegram:dm:1'))).toEqual(['late']);
  expect(ids(questions.list({ open: false, limit: 9 }))).toEqual(['elsewhere', 'early', 'late']);
  expect(ids(questions.list({ open: true, limit: 9 }))).toEqual(['elsewhere', 'late']);
  expect(ids(questions.list({ open: false, session: 'b', limit: 9 }))).toEqual(['early']);
  expect(ids(questions.list({ open: true, session: 'b', limit: 9 }))).toEqual([]);
  expect(ids(questions.list({ open: false, limit: 1 }))).toEqual(['elsewhere']);
});

test('one that is settled stays as it is, whoever answers next or wants to place it', () => {
  const { questions } = openStore();
  questions.insert(questionOf('q'));
  expect(questions.place('q', 'telegram:dm:1', 1)).toBe(true);
  const answer = { option: 'once', door: 'cli', by: 'owner', at: 2 } as const;
  expect(questions.settle('q', { state: 'answered', answer, outcome: 'Once.', at: 2, ruleDue: true })).toBe(
    true,
  );
  expect(questions.settle('q', { state: 'expired', answer: null, outcome: 'Late.', at: 3 })).toBe(false);
  expect(questions.place('q', 'slack:dm:1', 4)).toBe(false);
  expect(questions.find('q')).toMatchObject({
    state: 'answered',
    answer,
    outcome: 'Once.',
    settledAt: 2,
    chat: 'telegram:dm:1',
    ruleDue: true,
  });
});

test('each change has a number above all before, also with a clock that was set back', () => {
  const { questions } = openStore();
  expect(questions.lastChange()).toBe(0);
  questions.insert(questionOf('a', { askedAt: 100 }));
  questions.insert(questionOf('b', { askedAt: 100 }));
  const seen = questions.lastChange();
  questions.place('b', 'telegram:dm:1', 5);
  questions.settle('a', { ...answered, at: 5 });
  expect(ids(questions.changedAfter(seen, 9))).toEqual(['b', 'a']);
  expect(ids(questions.changedAfter(seen, 1))).toEqual(['b']);
  questions.ruleDone('b', 'Written.', 5);
  expect(ids(questions.changedAfter(seen, 9))).toEqual(['a', 'b']);
  expect(questions.changedAfter(questions.lastChange(), 9)).toEqual([]);
});

test('rules that are still to be written come in the order of their answers, until they are', () => {
  const { questions } = openStore();
  for (const [id, at] of [
    ['second', 9],
    ['first', 3],
  ] as const) {
    questions.insert(questionOf(id));
    questions.settle(id, { ...answered, at, ruleDue: true });
  }
  questions.insert(questionOf('none'));
  questions.settle('none', { ...answered, at: 1 });
  expect(ids(questions.rulesDue())).toEqual(['first', 'second']);
  questions.ruleDone('first', 'Always, from now on.', 10);
  expect(ids(questions.rulesDue())).toEqual(['second']);
  expect(questions.find('first')).toMatchObject({ outcome: 'Always, from now on.', ruleDue: false });
});

test('another attempt that wants the same adds its call once', () => {
  const { questions } = openStore();
  questions.insert(questionOf('q'));
  const again = (call: string | undefined, attempt: number): void => {
    const row = questions.find('q');
    if (row) questions.askAgain(row, attempt, call);
  };
  again('c2', 2);
  again('c2', 3);
  again(undefined, 4);
  expect(questions.find('q')).toMatchObject({ attempt: 4, calls: ['c1', 'c2'] });
});

test('how often somebody had the owner asked since a time', () => {
  const { questions } = openStore();
  questions.insert(questionOf('old', { asker: 'guest', askedAt: 10 }));
  questions.insert(questionOf('guest', { asker: 'guest', askedAt: 20 }));
  questions.insert(questionOf('owner', { asker: 'owner', askedAt: 30 }));
  questions.settle('old', { ...answered, at: 40 });
  expect(questions.countAsked('guest', 10)).toBe(1);
  expect(questions.countAsked('guest', 9)).toBe(2);
});

test('what was settled long ago is forgotten with the uses of its answer, the oldest first and so many at once', () => {
  const { questions } = openStore();
  for (const [id, at] of [
    ['newer', 8],
    ['oldest', 1],
    ['young', 10],
  ] as const) {
    questions.insert(questionOf(id));
    questions.settle(id, { ...answered, at });
    questions.use({ question: id, turn: 't', attempt: 1, subject: 's', at });
  }
  questions.insert(questionOf('open'));
  expect(questions.forgetSettledBefore(10, 1)).toBe(1);
  expect(questions.usesOfTurn('t').map(({ question }) => question)).toEqual(['newer', 'young']);
  expect(questions.forgetSettledBefore(10, 9)).toBe(1);
  expect(ids(questions.list({ open: false, limit: 9 }))).toEqual(['open', 'young']);
});
