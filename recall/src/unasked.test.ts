import { expect, test } from 'vitest';
import { askedBy, rankUnasked } from './unasked.ts';

const hit = (content: string, coverage: number, score = 1) => ({ content, coverage, score });

test('a message of one telling word, or of none, asks for nothing', () => {
  for (const said of ['ok', 'thanks!', 'and what is it?', '', '👍']) expect(askedBy(said)).toBeNull();
  expect(askedBy('which tea does Anna like')).toBe('which tea does Anna like');
  expect(askedBy(`tea ${'word '.repeat(1000)}`)?.length).toBe(600);
});

test('a piece counts that holds most of what is said, and two words of it', () => {
  const message = 'which tea does Anna drink';
  expect(rankUnasked(message, hit('Anna drinks green tea', 1))).toBe(1);
  expect(rankUnasked(message, hit('Anna drinks green tea', 0.8, 0.5))).toBe(0.4);
  expect(rankUnasked(message, hit('Anna drinks green tea', 0.49))).toBeNull();
  expect(rankUnasked(message, hit('Anna called', 0.9))).toBeNull();
});
