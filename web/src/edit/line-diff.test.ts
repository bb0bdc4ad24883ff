import { expect, test } from 'vitest';
import { diffRows, merged, mergeParts } from './line-diff.ts';

const shown = (before: string, after: string): string[] =>
  diffRows(before, after).map(({ kind, text, count }) => `${kind} ${text}${count ?? ''}`.trim());

test('what is different is shown with three lines around it', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const after = [...lines];
  after[10] = 'ten';
  expect(shown(lines.join('\n'), after.join('\n'))).toEqual([
    'gap 7',
    'same line 7',
    'same line 8',
    'same line 9',
    'removed line 10',
    'added ten',
    'same line 11',
    'same line 12',
    'same line 13',
    'gap 6',
  ]);
  expect(shown('a\nb', 'a\nb')).toEqual([]);
  expect(shown('a\r\nb', 'a\nb')).toEqual([]); // line ends are no difference
  expect(shown('', 'a')).toEqual(['removed', 'added a']);
});

test('edits in different places go together; in the same place both are kept until their owner decides', () => {
  const base = 'one\ntwo\nthree\nfour\nfive';
  const apart = mergeParts(base, 'ONE\ntwo\nthree\nfour\nfive', 'one\ntwo\nthree\nfour\nFIVE');
  expect(apart.some(({ kind }) => kind === 'conflict')).toBe(false);
  expect(merged(apart, [])).toBe('ONE\ntwo\nthree\nfour\nFIVE');
  const same = mergeParts(base, 'one\nmine\nthree\nfour\nfive', 'one\ntheirs\nthree\nfour\nfive');
  expect(same.filter(({ kind }) => kind === 'conflict')).toEqual([
    { kind: 'conflict', mine: 'mine', base: 'two', theirs: 'theirs' },
  ]);
  expect(merged(same, [])).toBe('one\nmine\ntheirs\nthree\nfour\nfive');
  expect(merged(same, ['mine'])).toBe('one\nmine\nthree\nfour\nfive');
  expect(merged(same, ['theirs'])).toBe('one\ntheirs\nthree\nfour\nfive');
});

test('a line that one took away and the other changed can go or stay', () => {
  const parts = mergeParts('a\nb\nc', 'a\nc', 'a\nB\nc');
  expect(merged(parts, ['mine'])).toBe('a\nc');
  expect(merged(parts, ['theirs'])).toBe('a\nB\nc');
});
