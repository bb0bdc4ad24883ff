import { expect, test } from 'vitest';
import { asSentence } from './sentence.ts';

test.each([
  ['chat not found', 'chat not found.'],
  ['It is full. ', 'It is full.'],
  ['He said "no."', 'He said "no."'],
  ['what (400)', 'what (400).'],
  ['まだ起動中です。', 'まだ起動中です。'],
  ['', ''],
])('%j', (said, sentence) => {
  expect(asSentence(said)).toBe(sentence);
});
