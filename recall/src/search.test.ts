/** Which pieces are found and in which order, over an index as memory and history have it. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { Piece } from './piece.ts';
import { PieceIndex } from './piece-index.ts';
import { neighboursOf, type RecallRequest, recall } from './search.ts';

const TODAY = '2026-06-30';

/** Each source a list of lines: a text, or a text with when and by whom it was said. */
function indexOf(sources: Record<string, (string | Partial<Piece>)[]>) {
  const index = new PieceIndex(join(temporaryFolder(), 'search.db'), { keepsText: true });
  onTestFinished(() => index.close());
  for (const [name, lines] of Object.entries(sources)) {
    const pieces = lines.map((line, at) => ({
      ...{ line: at + 1, content: '', section: '', at: null, speaker: null },
      ...(typeof line === 'string' ? { content: line } : line),
    }));
    index.replace(name, '', pieces);
  }
  const ask = (phrasing: string, more: Partial<RecallRequest> = {}) =>
    recall(index, { phrasings: [phrasing], limit: 10, today: TODAY, ...more });
  const found = (phrasing: string, more: Partial<RecallRequest> = {}): string[] =>
    ask(phrasing, more).hits.map(({ content }) => content);
  return { index, ask, found };
}

test('an answer that shares no word stands with the question it answers', () => {
  const { ask } = indexOf({
    chat: ['Nothing new', 'What is the parrot called?', 'Captain', 'Fine', 'And the weather?'],
    other: ['Fine', 'Fine', 'Fine'],
  });
  const { hits } = ask('What is the parrot called?');
  expect(hits.map(({ line, coverage, score }) => [line, coverage, score])).toEqual([
    [2, 1, 1],
    [3, 0, 0.5], // what was said after it before what was said before it
    [1, 0, 0.5],
    [4, 0, 0.25],
  ]);
});

test('what holds all that was asked goes before lines of its kind that speak for each other', () => {
  const codes =
    'red garden gate, blue garden gate, green garden gate, small garden gate, red boat, blue boat, old boat, red door, old garden gate, blue door'.split(
      ', ',
    );
  const { found } = indexOf({ memory: codes.map((thing) => `The code of the ${thing} is secret`) });
  for (const thing of codes) expect(found(`code of the ${thing}`)[0]).toContain(thing);
  expect(found('code of the tall old garden gate')[0]).toContain('old'); // a word that is nowhere asks for nothing
});

test('a word that thousands of pieces have costs no other its place', () => {
  const filler = Array.from({ length: 1500 }, (_, at) => `the boat goes by, number ${at}`);
  const { found } = indexOf({
    log: [...filler, 'the boat of Nils leaks', 'Nils is away'],
    old: ['Nils sold a boat'],
  });
  expect(found('what about the boat of Nils')).toEqual(
    expect.arrayContaining(['the boat of Nils leaks', 'Nils is away', 'Nils sold a boat']),
  );
  expect(found('boat')).toHaveLength(10); // too many to rank: some of them
  expect(found('number 1234 boat')[0]).toBe('the boat goes by, number 1234');
});

test('two words that each stand in thousands of pieces are looked for together', () => {
  const boats = Array.from({ length: 1200 }, (_, at) => `a boat, ${at}`);
  const cats = Array.from({ length: 1200 }, (_, at) => `a cat, ${at}`);
  const { found } = indexOf({ both: ['the cat is on the boat'], boats, cats });
  expect(found('cat boat')[0]).toBe('the cat is on the boat');
  const suns = Array.from({ length: 1200 }, (_, at) => `a sun, ${at}`);
  const three = indexOf({ both: ['the cat is on the boat'], boats, cats, suns });
  expect(three.found('cat boat sun')[0]).toBe('the cat is on the boat'); // no piece has all three
});

test('of what matches alike the undated goes first, then the newer; a question about the present reaches further', () => {
  const { found } = indexOf({
    a: [{ content: 'lives in Oslo', at: '2025-01-01' }],
    b: [{ content: 'lives in Ghent', at: '2026-01-01' }],
    c: ['lives in Rome'],
    d: [{ content: 'lives with a very large and quite noisy family of eleven people', at: '2026-06-01' }],
  });
  const order = ['lives in Rome', 'lives in Ghent', 'lives in Oslo'];
  expect(found('lives where').slice(0, 3)).toEqual(order);
  expect(found('lives where').at(-1)).toContain('noisy'); // newer, and worse by more than a twentieth
  const homes = indexOf({
    a: [{ content: 'lives in Oslo', at: '2025-01-01' }],
    b: [{ content: 'lives in old Ghent', at: '2026-01-01' }],
  });
  expect(homes.found('where lives he')[0]).toContain('Oslo');
  expect(homes.found('where lives he now')[0]).toContain('Ghent');
});

test('what was said at the time that is asked for is found behind any number of others, with the words and without', () => {
  const others = Array.from({ length: 900 }, (_, at) => ({
    content: at % 3 === 0 ? `boat ${at}` : 'slept',
    at: '2026-01-01',
  }));
  const that = Array.from({ length: 300 }, (_, at) => ({ content: `slept ${at}`, at: '2026-03-10' }));
  const { found } = indexOf({
    others,
    that: [{ content: 'the boat of the neighbours', at: '2026-03-10' }, ...that],
    lunch: [{ content: 'soup and bread', at: '2026-06-29' }],
  });
  expect(found('boat on 2026-03-10')[0]).toContain('of the neighbours');
  expect(found('what did we eat yesterday')[0]).toBe('soup and bread');
});

test('only sources that may be seen, whichever are fewer, and only the days that are asked for', () => {
  const at = (day: string, content: string): Partial<Piece> => ({ content, at: `${day} 10:00` });
  const { found } = indexOf({
    mine: [at('2026-06-01', 'boat one'), at('2026-06-20', 'boat two')],
    yours: [at('2026-06-10', 'boat three'), 'boat four'],
    theirs: [at('2024-06-10', 'boat five')],
  });
  const sorted = (more: Partial<RecallRequest>): string[] => found('boat', more).sort();
  expect(sorted({ isVisible: (source) => source === 'mine' })).toEqual(['boat one', 'boat two']);
  expect(sorted({ isVisible: (source) => source !== 'mine' })).toEqual([
    'boat five',
    'boat four',
    'boat three',
  ]);
  expect(sorted({ isVisible: () => false })).toEqual([]);
  expect(sorted({ within: { from: '2026-06-10', to: '2026-06-30' } })).toEqual(['boat three', 'boat two']);
  expect(sorted({ within: { to: '2025-01-01' } })).toEqual(['boat five']);
  expect(sorted({ within: { from: '2024-01-01', to: '2026-06-10' } })).toEqual([
    'boat five',
    'boat one',
    'boat three',
  ]);
  expect(found('yesterday', { isVisible: () => false })).toEqual([]);
});

test('a dense side is joined: what only it finds is found too, and what it says counts', () => {
  const { index, ask } = indexOf({ a: ['the cat sleeps', 'a feline naps', 'stocks fell'], b: ['cat food'] });
  const idOf = (content: string): number =>
    Number(index.sql('SELECT id FROM piece WHERE content = ?').get(content)?.id);
  const asked: number[][] = [];
  const dense: RecallRequest['dense'] = {
    scores(_phrasing, candidates) {
      asked.push([...candidates]);
      return new Map([
        [idOf('a feline naps'), { score: 0.9, window: 0.9 }],
        [idOf('the cat sleeps'), { score: 0.8, window: 0.8 }],
        [idOf('cat food'), { score: 0.1, window: 0.1 }],
        [idOf('stocks fell'), { score: 0.1, window: 0.1 }],
      ]);
    },
  };
  const { hits } = ask('sleeping cat', { dense });
  expect(hits[0]?.content).toBe('the cat sleeps');
  expect(hits[1]?.content).toBe('a feline naps');
  expect(asked[0]?.sort()).toEqual([idOf('the cat sleeps'), idOf('cat food')].sort());
});

test('the session that has most about it is named first, and neighbours end with their source', () => {
  const { index, ask } = indexOf({
    monday: ['we painted the boat', 'the boat is blue now', 'the boat dries'].map((content) => ({
      ...{ content, at: '2026-06-29' },
    })),
    tuesday: [
      { content: 'a boat', at: '2026-06-30' },
      { content: 'slept', at: '2026-06-30' },
    ],
  });
  expect(ask('what about the boat').sessions[0]).toEqual({ source: 'monday', day: '2026-06-29' });
  const near = neighboursOf(index, { source: 'monday', seq: 2 });
  expect(near.before.map(({ content }) => content)).toEqual(['the boat is blue now']);
  expect(near.after).toEqual([]);
});
