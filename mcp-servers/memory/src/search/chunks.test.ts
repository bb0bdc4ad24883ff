/** Pieces that search ranks: each small enough to be read at a glance, and nothing of the file left out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksOf } from './chunks.ts';

const words = (count: number, word = 'word'): string => Array.from({ length: count }, () => word).join(' ');

test('a paragraph is a piece, and how long the one before was does not matter', () => {
  const first = `${words(110)}.`; // 550 characters
  const list = ['- one', '- two', '- three'].join('\n');
  expect(chunksOf(`${first}\n\n${list}\n\n${list}\n`)).toEqual([
    { section: '', line: 1, content: first },
    { section: '', line: 3, content: list },
    { section: '', line: 7, content: list },
  ]);
});

test('a long list is cut between its items where a piece has 600 characters', () => {
  const items = Array.from({ length: 10 }, (_, index) => `- ${index} ${'x'.repeat(196)}`); // 200 characters each
  expect(chunksOf(`## Long\n\n${items.join('\n')}\n`)).toEqual(
    [0, 3, 6, 9].map((at) => ({
      section: 'Long',
      line: 3 + at,
      content: items.slice(at, at + 3).join('\n'),
    })),
  );
});

test('one line is whole up to 1,200 characters; a longer one is cut at spaces into pieces of 600', () => {
  const whole = words(240).padEnd(1200, 'x');
  expect(chunksOf(whole)).toEqual([{ section: '', line: 1, content: whole }]);
  const long = `${whole} y`;
  const pieces = chunksOf(long);
  expect(pieces.map(({ content }) => content).join('')).toBe(long);
  expect(pieces.map(({ line }) => line)).toEqual([1, 1, 1]);
  for (const { content } of pieces) expect(content.length).toBeLessThanOrEqual(600);
  const solid = 'x'.repeat(1300); // nowhere to cut
  expect(chunksOf(solid).map(({ content }) => content)).toEqual([solid]);
});

test('a heading with nothing under it is a piece of its own, the title of the file is not', () => {
  expect(chunksOf('# Memory\n\n## Empty\n\n## Full\n\n- x\n')).toEqual([
    { section: 'Empty', line: 3, content: 'Empty' },
    { section: 'Full', line: 7, content: '- x' },
  ]);
});

test('comments are left out, also one that has no end, and lines after them are counted right', () => {
  expect(chunksOf('<!-- a\n\nb --> c\n\n- d\n<!-- e\n- f')).toEqual([
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
      const chunks = chunksOf(lines.join('\n'));
      for (const { content } of chunks) expect(content.length).toBeLessThanOrEqual(1200);
      const shown = chunks.map(({ content }) => content).join(' ');
      for (const text of lines.filter((one) => one.trim() !== '' && !one.startsWith('#'))) {
        for (const word of text.trim().split(/\s+/)) expect(shown).toContain(word);
      }
      for (const { line: at, content } of chunks) {
        expect(lines.slice(at - 1).join('\n')).toContain(content.slice(0, 20).trimEnd());
      }
    }),
  );
});
