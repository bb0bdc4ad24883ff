import { expect, test } from 'vitest';
import { heartbeatText } from './beat-text.ts';

const AT = '2026-01-02T03:04:05Z';
const NOW = Date.parse('2026-01-02T03:34:05Z');
const on = { state: 'on', failures: 0, nextAt: '2026-01-02T04:00:00Z' } as const;

test('one line tells whether it beats, when next, with which model, and what the last beat came to', () => {
  expect(heartbeatText({ state: 'off', failures: 0 }, NOW, 'UTC')).toBe('off');
  expect(heartbeatText(on, NOW, 'UTC')).toBe('on, next 2026-01-02 04:00');
  const last = { slot: AT, outcome: 'refused', detail: '$5.00 of the $5.00\nare spent.' } as const;
  expect(heartbeatText({ ...on, model: 'small-1', last }, NOW, 'Asia/Kolkata')).toBe(
    'on, next 2026-01-02 09:30, model small-1; last 30 min ago: no budget: $5.00 of the $5.00 are spent.',
  );
  expect(heartbeatText({ ...on, failures: 3, last: { slot: AT, outcome: 'failed' } }, NOW, 'UTC')).toContain(
    '3 failures in a row; last 30 min ago: failed',
  );
});

test('why it asked is told of a beat that did ask, be it cut off by the budget', () => {
  const refused = { slot: AT, outcome: 'refused', detail: 'Spent.', why: 'the memory had changed' } as const;
  const usage = { inputTokens: 9, outputTokens: 1, model: 'small-1' };
  const textOf = (last: Parameters<typeof heartbeatText>[0]['last']): string =>
    heartbeatText({ ...on, last }, NOW, 'UTC').replace(/^.*; /, '');
  expect(textOf(refused)).toBe('last 30 min ago: no budget: Spent.');
  const asked = 'last 30 min ago: no budget: Spent. (asked because the memory had changed)';
  expect(textOf({ ...refused, turn: 't1' })).toBe(asked);
  expect(textOf({ ...refused, usage })).toBe(asked);
});
