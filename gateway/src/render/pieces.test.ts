/** What is too much for the parser is cut or left as it is; nothing of it is lost. */
import { describe, expect, it } from 'vitest';
import { bulkOf, costOf } from './parse-cost.ts';
import { LARGEST_PIECE, type Piece, piecesOf } from './pieces.ts';
import { chunksOf } from './source.ts';

function whole(pieces: readonly Piece[]): string {
  return pieces.map(({ text, joint }, index) => (index === 0 ? '' : joint) + text).join('');
}

function expectWithinReach(pieces: readonly Piece[]): void {
  for (const { text } of pieces) {
    const { characters, lines, signs } = bulkOf(text);
    expect(characters).toBeLessThanOrEqual(LARGEST_PIECE.characters);
    expect(lines).toBeLessThanOrEqual(LARGEST_PIECE.lines);
    expect(signs).toBeLessThanOrEqual(LARGEST_PIECE.signs);
  }
}

const DENSE: Record<string, string> = {
  'stars and underscores': '*_'.repeat(50_000),
  brackets: '[a]['.repeat(25_000),
  'backticks and letters': '`a'.repeat(50_000),
  'angle brackets': '<a '.repeat(33_000),
  'emoji without a space': '👩‍🚀*'.repeat(16_000),
  'a quote lazily gone on with': `> a\n${'b\n'.repeat(50_000)}`.trimEnd(),
  'words in one line': 'word and _word_ '.repeat(6000).trim(),
};

describe.each(Object.entries(DENSE))('100 KB of %s', (_, text) => {
  it('is cut into pieces that the parser can take, losing nothing', () => {
    const pieces = piecesOf(text);
    expect(pieces.length).toBeGreaterThan(10);
    expectWithinReach(pieces);
    expect(whole(pieces)).toBe(text);
    expect(whole(pieces).isWellFormed()).toBe(true);
    expect(pieces.every(({ text: piece }) => piece.isWellFormed())).toBe(true);
  });

  it('is parsed as far as the budget goes, and is shown as it stands from there on', () => {
    const chunks = chunksOf(text);
    const parsed = chunks.filter(({ verbatim }) => !verbatim);
    const firstVerbatim = chunks.findIndex(({ verbatim }) => verbatim);
    expect(parsed.length).toBeGreaterThan(0);
    expect(parsed.reduce((cost, { text: one }) => cost + costOf(one), 0)).toBeLessThanOrEqual(200);
    if (firstVerbatim !== -1)
      expect(chunks.slice(firstVerbatim).every(({ verbatim }) => verbatim)).toBe(true);
    expect(whole(chunks)).toBe(text);
  });
});

describe('what is large is cut where it is not seen', () => {
  it('a list before an item, with all that belongs to the item', () => {
    const item = (index: number) =>
      `- item ${index} with **words**\n  - and one below\n\n    \`\`\`\n    code *\n    \`\`\``;
    const text = Array.from({ length: 200 }, (_, index) => item(index)).join('\n');
    const pieces = piecesOf(text);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.every((piece) => piece.text.startsWith('- item'))).toBe(true);
    expect(whole(pieces)).toBe(text);
  });

  it('a table between rows, with its head on each piece', () => {
    const rows = Array.from({ length: 500 }, (_, index) => `| row ${index} | value |`);
    const pieces = piecesOf(['| name | what |', '|---|:-:|', ...rows].join('\n'));
    expect(pieces.length).toBeGreaterThan(2);
    expectWithinReach(pieces);
    expect(pieces.every(({ text }) => text.startsWith('| name | what |\n|---|:-:|\n'))).toBe(true);
    expect(pieces.flatMap(({ text }) => text.split('\n').slice(2))).toEqual(rows);
  });

  it('code not at all, whatever its length', () => {
    const text = `\`\`\`js\n${'const a = b * c * d;\n'.repeat(5000)}\`\`\``;
    expect(chunksOf(text)).toMatchObject([{ text, verbatim: false }]);
  });
});

it('quotes and lists that are nested too deep stay as they are', () => {
  for (const text of ['>'.repeat(40), '+ '.repeat(40), '> - '.repeat(20), `${'  '.repeat(40)}- a`])
    expect(piecesOf(text)).toEqual([{ text, verbatim: true, joint: '\n\n' }]);
  expect(piecesOf(`${'> '.repeat(8)}a`)).toMatchObject([{ verbatim: false }]);
});

it('an ordinary long answer is Markdown to its end', () => {
  const section =
    '## A heading\n\nSome **bold** words, `code` and a [link](https://e.example/path_x) in them, and more of it.\n\n' +
    '- one\n- two\n  - three\n\n| a | b |\n|---|---|\n| 1 | *2* |\n\n```js\nconst a = 1;\n```\n\n';
  const chunks = chunksOf(section.repeat(Math.ceil(40_000 / section.length)));
  expect(chunks.some(({ verbatim }) => verbatim)).toBe(false);
});
