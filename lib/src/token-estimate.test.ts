import { expect, test } from 'vitest';
import { charsWithin, estimateTokens } from './token-estimate.ts';

test.each([
  ['', 0],
  ['The quick brown fox jumps over the lazy dog.', 13], // 10 by a real tokenizer
  ['Съешь ещё этих мягких булок', 13],
  ['今日はいい天気ですね', 10],
])('%j is about %i tokens', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});

test('as much is taken of a text as fits', () => {
  expect(charsWithin('x'.repeat(1000), 100)).toBe(360);
  expect(charsWithin('short', 100)).toBe(5);
  expect(charsWithin('天'.repeat(1000), 100)).toBe(100);
});
