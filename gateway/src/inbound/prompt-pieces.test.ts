import { expect, test } from 'vitest';
import type { IncomingMessage } from '../channels/channel.ts';
import { joinPieces, piecesOf, promptOf } from './prompt-pieces.ts';

const said = (text: string, unfinished = false) => {
  const message = { text, ...(unfinished ? { unfinished } : {}) } as IncomingMessage;
  return { key: text.slice(0, 3), message };
};

test('messages and spoken words are paragraphs; what is empty leaves no gap', () => {
  const pieces = piecesOf([said('one'), said(''), said('two')], ['spoken']);
  expect(joinPieces(pieces)).toBe('one\n\ntwo\n\nspoken');
  expect(pieces.at(-1)?.key).toBe('');
});

test.each([
  ['x'.repeat(4096), 'y', 'xy'],
  [`${'x'.repeat(4095)}.`, ' y', '.\n y'],
  ['x'.repeat(3000), 'y', 'x\ny'],
])('a text that an app has cut is put together as it was', (first, second, seam) => {
  expect(joinPieces(piecesOf([said(first, true), said(second)], []))).toContain(seam);
});

test('files without a word are pointed at', () => {
  expect(promptOf(piecesOf([said('')], []), true)).toBe('See the attached file.');
  expect(promptOf(piecesOf([said('')], []), false)).toBe('');
});
