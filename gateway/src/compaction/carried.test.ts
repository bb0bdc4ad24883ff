import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import { expect, test } from 'vitest';
import { carried, roomIn } from './carried.ts';

const texts = (messages: readonly { text: string }[]): string[] => messages.map(({ text }) => text);

test('room follows the window, between bounds, and leaves instructions and tools theirs', () => {
  const small = roomIn(6000, 600, 0.7);
  expect(small).toEqual({ exchanges: 1260, summary: 720, piece: 1800 });
  expect(roomIn(6000, 2000, 0.7).exchanges).toBeLessThan(small.exchanges);
  expect(roomIn(1_000_000, 10_000, 0.7)).toEqual({ exchanges: 6000, summary: 1500, piece: 20_000 });
  expect(roomIn(4000, 4000, 0.7)).toEqual({ exchanges: 300, summary: 200, piece: 400 });
});

test('the newest messages that there is room for, oldest first', () => {
  const messages = Array.from({ length: 40 }, (_, index) => ({ text: `${index}: ${'word '.repeat(50)}` }));
  const kept = carried(messages, 1000);
  expect(kept.length).toBeGreaterThan(5);
  expect(texts(kept)).toEqual(texts(messages.slice(-kept.length)).map((text) => text.trim()));
  expect(kept.reduce((sum, { text }) => sum + estimateTokens(text), 0)).toBeLessThanOrEqual(1000);
});

test('a long message is cut and says where the rest is, so that it does not leave out all others', () => {
  const kept = carried([{ text: 'before' }, { text: 'x'.repeat(50_000) }, { text: 'after' }], 600);
  expect(kept).toHaveLength(3);
  expect(kept[1]?.text).toMatch(/x … \([\d,]+ characters more; history_search finds them\)$/);
});
