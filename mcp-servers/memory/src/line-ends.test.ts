/** Whoever edits a file in a browser changes the lines that he changes, and no line end besides. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withEndsOf } from './line-ends.ts';

const shown = (text: string): string => text.replaceAll('\r\n', '\n');

test.each([
  ['a line in the middle', 'a\r\nb\nc\r\nd\n', 'a\nB\nc\nd\n', 'a\r\nB\r\nc\r\nd\n'],
  ['a new line ends like the one above it', 'a\nb\r\nc\n', 'a\nb\nnew\nc\n', 'a\nb\r\nnew\r\nc\n'],
  ['a line less', 'a\r\nb\nc\r\n', 'a\nc\n', 'a\r\nc\r\n'],
  ['lines that changed places', 'a\r\nb\nc\n', 'b\na\nc\n', 'b\na\r\nc\n'],
  ['all of it', 'a\r\nb\nc', 'x\ny', 'x\r\ny'],
  ['all Windows', 'a\r\nb\r\n', 'a\nx\nb\n', 'a\r\nx\r\nb\r\n'],
  ['all others', 'a\nb\n', 'a\nx\n', 'a\nx\n'],
  ['who sends line ends means them', 'a\r\nb\n', 'a\nb\r\n', 'a\nb\r\n'],
])('%s', (_, text, edited, expected) => expect(withEndsOf(text, edited)).toBe(expected));

test('what is saved unchanged is the same bytes, and what is shown is what was typed', () => {
  const part = fc.constantFrom('a', 'b', '', '\r\n', '\n');
  const texts = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, texts, (text, other) => {
      expect(withEndsOf(text, shown(text))).toBe(text);
      expect(shown(withEndsOf(text, shown(other)))).toBe(shown(other));
    }),
  );
});
