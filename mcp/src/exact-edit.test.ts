import { expect, test } from 'vitest';
import { editExactly } from './exact-edit.ts';

const TEXT = '- Lives in Paris\n- Likes tea\n- Likes tea ceremonies\n';

const edit = (text: string, oldText: string, newText: string): string =>
  editExactly(text, { file: 'MEMORY.md', oldText, newText, readTool: 'memory_read' });

test('one passage is replaced, dollar signs and all', () => {
  expect(edit(TEXT, 'in Paris', 'in $& $1')).toBe(TEXT.replace('Paris', () => '$& $1'));
});

test('an ambiguous passage is refused, with its lines', () => {
  expect(() => edit(TEXT, 'Likes tea', 'x')).toThrow(/more than once.*lines 2, 3/);
  expect(() => edit('aaa', 'aa', 'b')).toThrow(/more than once/);
});

test('a missing passage is refused, with the nearest lines or the tool to read with', () => {
  expect(() => edit(TEXT, '- lives in paris', 'x')).toThrow(/1: - Lives in Paris/);
  expect(() => edit(TEXT, 'nowhere', 'x')).toThrow(/with memory_read/);
});

test('the passage may be written with other line ends than the file has', () => {
  expect(edit('a\r\nb\r\nc\r\n', 'a\nb', 'x\ny')).toBe('x\r\ny\r\nc\r\n');
  expect(edit('a\nb\n', 'a\r\nb', 'x')).toBe('x\n');
});

test('a file with mixed line ends can be edited on both sides of them', () => {
  expect(edit('a\nb\r\nc\r\n', 'a\nb', 'x')).toBe('x\r\nc\r\n');
  expect(edit('a\nb\r\nc\r\n', 'b\nc', 'x')).toBe('a\nx\r\n');
});
