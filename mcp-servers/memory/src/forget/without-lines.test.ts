import { Phrase } from '@mobyclaw/recall/phrase';
import { expect, test } from 'vitest';
import { withoutLines } from './without-lines.ts';

const goes = (text: string): boolean => (Phrase.of('blue bicycle') as Phrase).isIn(text);

test('a line goes, and every other byte stays', () => {
  const text = '# A\r\n\r\n- one  \r\n- the Blue  Bicycle\r\n\tlast, without an end';
  expect(withoutLines(text, goes)).toEqual({
    text: '# A\r\n\r\n- one  \r\n\tlast, without an end',
    removed: ['- the Blue  Bicycle'],
  });
  expect(withoutLines('- one\n- two\n', goes).text).toBe('- one\n- two\n');
});

test('a phrase across lines takes the lines that it stands in, and no more', () => {
  const { text, removed } = withoutLines(
    'blue\nsky\n> he has a blue\n> bicycle now\nbicycle\n- blue bicycle\nend',
    goes,
  );
  expect(removed).toEqual(['> he has a blue', '> bicycle now', '- blue bicycle']);
  expect(text).toBe('blue\nsky\nbicycle\nend');
});

test('of a heading the words go, so that what is below stays below it', () => {
  expect(withoutLines('## Tea\n- green\n## The blue bicycle\n- red\n', goes).text).toBe(
    '## Tea\n- green\n## …\n- red\n',
  );
});
