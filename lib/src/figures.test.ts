import { expect, test } from 'vitest';
import { counted, dollars, percent, tokenCount } from './figures.ts';

test('tokens stay readable, however many', () => {
  const shown = [0, 999, 12_345, 99_999, 123_456, 999_499, 999_500, 1_234_567, 250_000_000].map(tokenCount);
  expect(shown).toEqual(['0', '999', '12,345', '99,999', '123 k', '999 k', '1 M', '1.2 M', '250 M']);
});

test('a little money is not nothing', () => {
  expect([0, 0.0004, 0.005, 1.5, 1234].map(dollars)).toEqual([
    '$0.00',
    '<$0.01',
    '$0.01',
    '$1.50',
    '$1234.00',
  ]);
});

test('one is one', () => {
  expect([0, 1, 2].map((count) => counted(count, 'turn'))).toEqual(['0 turns', '1 turn', '2 turns']);
});

test('a share is rounded down', () => {
  expect([0, 0.289, 0.29, 0.999, 1, 50].map(percent)).toEqual([
    '0 %',
    '28 %',
    '29 %',
    '99 %',
    '100 %',
    '999 %',
  ]);
});
