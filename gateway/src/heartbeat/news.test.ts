import { expect, test } from 'vitest';
import { reasonToAsk } from './news.ts';

const seen = { checklist: 'c', memory: 'm', message: 1 };
const state = { nextAt: 0, plannedAt: 0, failures: 0, seen, askedAt: 1, told: null, toldAt: null };
const nothing = (): null => null;

test('without news there is no reason; the first time is one', () => {
  expect(reasonToAsk(state, seen, nothing)).toBeNull();
  expect(reasonToAsk({ ...state, seen: null }, seen, nothing)).toBe('it was the first time');
});

test('what is due is told beside what has changed, so that it is not taken for settled', () => {
  expect(reasonToAsk(state, { ...seen, memory: 'n' }, () => '20:00')).toBe(
    '“20:00” was due, and the memory had changed',
  );
  expect(reasonToAsk(state, { checklist: 'x', memory: 'm', message: 2 }, nothing)).toBe(
    'the checklist had changed, and there were new messages',
  );
});
