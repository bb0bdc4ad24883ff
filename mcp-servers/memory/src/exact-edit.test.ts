import { expect, test } from 'vitest';
import { editExactly } from './exact-edit.ts';

const TEXT = '- Lives in Paris\n- Likes tea\n- Likes tea ceremonies\n';

test('one passage is replaced, dollar signs and all', () => {
  expect(editExactly(TEXT, 'MEMORY.md', 'in Paris', 'in $& $1')).toBe(TEXT.replace('Paris', () => '$& $1'));
});

test('an ambiguous passage is refused, with its lines', () => {
  expect(() => editExactly(TEXT, 'MEMORY.md', 'Likes tea', 'x')).toThrow(/more than once.*lines 2, 3/);
  expect(() => editExactly('aaa', 'MEMORY.md', 'aa', 'b')).toThrow(/more than once/);
});

test('a missing passage is refused, with the nearest lines', () => {
  expect(() => editExactly(TEXT, 'MEMORY.md', '- lives in paris', 'x')).toThrow(/1: - Lives in Paris/);
});

test('the passage may be written with other line ends than the file has', () => {
  expect(editExactly('a\r\nb\r\nc\r\n', 'f', 'a\nb', 'x\ny')).toBe('x\r\ny\r\nc\r\n');
  expect(editExactly('a\nb\n', 'f', 'a\r\nb', 'x')).toBe('x\n');
});
