import { expect, it } from 'vitest';
import { cutText, wellFormed } from './cut-text.ts';

it('cuts between characters, never within one', () => {
  expect(cutText('abc', 2)).toBe('ab');
  expect(cutText('abc', 3)).toBe('abc');
  expect(cutText('a😀b', 2)).toBe('a');
  expect(cutText('a😀b', 3)).toBe('a😀');
  expect(cutText('😀', 1)).toBe('');
  expect(cutText('😀', 0)).toBe('');
  expect(cutText('abc', -1)).toBe('');
});

it('leaves a half alone that was one before: there is no character to keep whole', () => {
  expect(cutText('\ud83dx', 1)).toBe('\ud83d');
});

it('mends halves of characters wherever they stand, and nothing else', () => {
  const bytes = new Uint8Array([1, 2]);
  const url = new URL('http://localhost/');
  expect(
    wellFormed({ 'k\ud83d': ['x\ude00', { deep: '\ud83d' }], n: 1, none: null, bytes, url, fine: '😀' }),
  ).toEqual({
    'k\ufffd': ['x\ufffd', { deep: '\ufffd' }],
    n: 1,
    none: null,
    bytes,
    url,
    fine: '😀',
  });
});

it('gives a value that is fine back as it is, not a copy', () => {
  const value = { text: ['😀', { deep: 'a' }], n: 1 };
  expect(wellFormed(value)).toBe(value);
});
