/** Pieces that search ranks: each small enough to be read at a glance, and nothing of the file left out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MemoryFileName } from '../memory-file.ts';
import { piecesOf } from './pieces.ts';

const of = (text: string, name = 'MEMORY.md') => piecesOf(name as MemoryFileName, text);
const words = (count: number, word = 'word'): string => Array.from({ length: count }, () => word).join(' ');

test('each entry of a list is a piece with the lines that belong to it; a paragraph is one', () => {
  expect(
    of('## Pets\n\nTwo of them,\nboth old.\n\n- cat\n  Tarantella\n- dog\n1. fish\n').map((piece) => [
      piece.line,
      piece.content,
    ]),
  ).toEqual([
    [3, 'Two of them,\nboth old.'],
    [6, '- cat\n  Tarantella'],
    [8, '- dog'],
    [9, '1. fish'],
  ]);
});

test('when it was said comes from the name of the log and the time of the line, by whom from the name before a colon', () => {
  const log =
    '# 2026-06-30, Tuesday\n\n- 10:00 Anna Miller: the boat is sold\n  for good\n- quiet\n11:30 Bob: no\n12:00 met Zoe: a friend\n';
  expect(of(log, 'memory/2026-06-30.md')).toEqual([
    {
      line: 3,
      content: '- 10:00 Anna Miller: the boat is sold\n  for good',
      section: '',
      at: '2026-06-30 10:00',
      speaker: 'Anna Miller',
    },
    { line: 5, content: '- quiet', section: '', at: '2026-06-30', speaker: null },
    { line: 6, content: '11:30 Bob: no', section: '', at: '2026-06-30 11:30', speaker: 'Bob' },
    { line: 7, content: '12:00 met Zoe: a friend', section: '', at: '2026-06-30 12:00', speaker: null },
  ]);
  const notes =
    '# Notes of a guest, in telegram:dm:77\n\nWords of Bob, not of the owner.\n\n## Log\n\n- 2026-01-02 08:15 has a dog\n';
  expect(of(notes, 'memory/guests/telegram-dm-77.md').at(-1)).toMatchObject({
    at: '2026-01-02 08:15',
    speaker: 'Bob',
  });
  expect(of('- 2026-03-01 moved to Lisbon\n- likes tea\n').map(({ at }) => at)).toEqual(['2026-03-01', null]);
});

test('one line is whole up to 1,200 characters; a longer one is cut at spaces into pieces of 600', () => {
  const whole = words(240).padEnd(1200, 'x');
  expect(of(whole).map(({ content }) => content)).toEqual([whole]);
  const long = `${whole} y`;
  expect(
    of(long)
      .map(({ content }) => content)
      .join(''),
  ).toBe(long);
  expect(of(long).map(({ line }) => line)).toEqual([1, 1, 1]);
  for (const { content } of of(long)) expect(content.length).toBeLessThanOrEqual(600);
  const solid = 'x'.repeat(1300); // nowhere to cut
  expect(of(solid).map(({ content }) => content)).toEqual([solid]);
});

test('a heading with nothing under it is a piece of its own, the title of the file is not', () => {
  expect(of('# Memory\n\n## Empty\n\n## Full\n\n- x\n')).toMatchObject([
    { section: 'Empty', line: 3, content: 'Empty' },
    { section: 'Full', line: 7, content: '- x' },
  ]);
});

test('comments are left out, also one that has no end, and lines after them are counted right', () => {
  expect(of('<!-- a\n\nb --> c\n\n- d\n<!-- e\n- f')).toMatchObject([
    { section: '', line: 3, content: ' c' },
    { section: '', line: 5, content: '- d' },
  ]);
});

test('whatever the text, each of its words is in a piece of the line it stands on, and no piece is a page', () => {
  const line = fc.oneof(
    fc.constantFrom('', '## Heading', '- item of a list', words(60), words(300)),
    fc.stringMatching(/^[a-z ]{0,40}$/),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const pieces = of(lines.join('\n'));
      for (const { content } of pieces) expect(content.length).toBeLessThanOrEqual(1200);
      const shown = pieces.map(({ content }) => content).join(' ');
      for (const text of lines.filter((one) => one.trim() !== '' && !one.startsWith('#'))) {
        for (const word of text.trim().split(/\s+/)) expect(shown).toContain(word);
      }
      for (const { line: at, content } of pieces) {
        expect(lines.slice(at - 1).join('\n')).toContain(content.slice(0, 20).trimEnd());
      }
    }),
  );
});
