/** Where and when, as words of the full-text index. */
import { expect, test } from 'vitest';
import { limited, marksOf } from './marks.ts';

const all = { only: null, without: [] };

test('a piece is marked with its source, year, month and day', () => {
  expect(marksOf(7, '2026-03-14 10:00')).toBe('§7 ·2026 ·202603 ·20260314');
  expect(marksOf(7, null)).toBe('§7');
});

test('without limits an expression stays; sources are wanted or left out', () => {
  expect(limited('', all)).toBe('');
  expect(limited('"a" OR "b"', all)).toBe('("a" OR "b")');
  expect(limited('"a"', { only: [1, 2], without: [] })).toBe('("a") AND ("§1" OR "§2")');
  expect(limited('"a"', { only: [], without: [] })).toBe('("a") AND ("§")');
  expect(limited('"a"', { only: null, without: [3] })).toBe('(("a")) NOT ("§3")');
});

test.each([
  [{ from: '2026-02-27', to: '2026-03-01' }, '("·20260227" OR "·20260228" OR "·20260301")'],
  [{ from: '2025-12-31', to: '2026-02-01' }, '("·202512" OR "·202601" OR "·202602")'],
  [{ from: '2023-05-01', to: '2026-02-01' }, '("·2023" OR "·2024" OR "·2025" OR "·2026")'],
  [{ from: '2026-03-02', to: '2026-03-01' }, '("§")'],
])('days are wanted by the largest marks that are few: %j', (within, expression) => {
  expect(limited('', { ...all, within })).toBe(expression);
});

test('an end that is open reaches as far as anybody lives', () => {
  expect(limited('', { ...all, within: { from: '2026-03-01' } }).split(' OR ')).toHaveLength(44);
  expect(limited('', { ...all, within: { to: '1980-01-01' } }).split(' OR ')).toHaveLength(11);
});
