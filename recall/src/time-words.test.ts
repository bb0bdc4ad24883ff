/** Which days a question is about. Today is a Tuesday. */
import { expect, test } from 'vitest';
import { isWithin, timeOf } from './time-words.ts';

const TODAY = '2026-06-30';

test.each([
  ['what did I eat yesterday?', '2026-06-29', '2026-06-29'],
  ['the day before yesterday', '2026-06-28', '2026-06-28'],
  ['what happened last week', '2026-06-22', '2026-06-28'],
  ['this week', '2026-06-29', '2026-07-05'],
  ['last weekend', '2026-06-27', '2026-06-28'],
  ['last month', '2026-05-01', '2026-05-31'],
  ['last year', '2025-01-01', '2025-12-31'],
  ['in March', '2026-03-01', '2026-03-31'],
  ['in August', '2025-08-01', '2025-08-31'], // the last one that was
  ['in may', '2026-05-01', '2026-05-31'],
  ['in March 2024', '2024-03-01', '2024-03-31'],
  ['since April', '2026-04-01', undefined],
  ['before March', undefined, '2026-02-28'],
  ['after 2026-02', '2026-03-01', undefined],
  ['in 2025', '2025-01-01', '2025-12-31'],
  ['on 2026-03-14', '2026-03-14', '2026-03-14'],
  ['on March 14th', '2026-03-14', '2026-03-14'],
  ['on the 3rd of December', '2025-12-03', '2025-12-03'],
  ['two weeks ago', '2026-06-12', '2026-06-20'],
  ['3 days ago', '2026-06-26', '2026-06-28'],
  ['a month ago', '2026-05-15', '2026-06-14'],
  ['in the last three days', '2026-06-27', '2026-06-30'],
  ['on Monday', '2026-06-29', '2026-06-29'],
  ['last Tuesday', '2026-06-23', '2026-06-23'],
  ['last night', '2026-06-29', '2026-06-30'],
])('%s', (text, from, to) => {
  const { range } = timeOf(text, TODAY);
  expect([range?.from, range?.to]).toEqual([from, to]);
});

test('what tells the time is not looked for; the rest is', () => {
  expect(timeOf('What did Anna say in March about boats?', TODAY).rest).toBe(
    'What did Anna say about boats?',
  );
});

test.each([
  'may I have tea',
  'the march to the sea',
  'what is due in 3 days',
  'on 2026-02-31',
  'version 2024-13',
  'room 2025',
])('no time is read into %j', (text) => {
  expect(timeOf(text, TODAY)).toEqual({ range: null, rest: text });
});

test('a month before the 31st is its last day', () => {
  expect(timeOf('in the last month', '2026-03-31').range).toEqual({ from: '2026-02-01', to: '2026-02-28' });
  expect(timeOf('in the last 1 months', '2026-03-31').range).toEqual({
    from: '2026-02-28',
    to: '2026-03-31',
  });
});

test('both ends are within, and what has no date never is', () => {
  const range = { from: '2026-03-01', to: '2026-03-31' };
  expect(
    ['2026-03-01', '2026-03-31 23:59', '2026-04-01', '2026-02-28 10:00', null].map((at) =>
      isWithin(at, range),
    ),
  ).toEqual([true, true, false, false, false]);
});
