import { expect, test } from 'vitest';
import { readCursor, writeCursor } from './live-cursor.ts';

test('a cursor reads as it was written', () => {
  const cursor = {
    lastMessage: 12,
    turns: new Map([
      [3, 7],
      [5, 1_000_001],
    ]),
  };
  expect(writeCursor(cursor)).toBe('12~3.7~5.1000001');
  expect(readCursor(writeCursor(cursor))).toEqual(cursor);
  expect(readCursor('0')).toEqual({ lastMessage: 0, turns: new Map() });
});

test.each(['', 'x', '1~', '1~2', '1~2.', '-1', '1~2.3~', '1\n2', '9'.repeat(30), `1${'~1.1'.repeat(9000)}`])(
  'what is no cursor is none: %s',
  (text) => expect(readCursor(text)).toBeNull(),
);
