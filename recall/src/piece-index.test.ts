/** The index after any changes is the index that would be made anew, and a file that cannot be used is replaced. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Piece } from './piece.ts';
import { PieceIndex } from './piece-index.ts';
import { recall } from './search.ts';

function open(path = join(temporaryFolder(), 'search.db'), keepsText = true): PieceIndex {
  const index = new PieceIndex(path, { keepsText });
  onTestFinished(() => index.close());
  return index;
}

const piecesOf = (lines: readonly string[]): Piece[] =>
  lines.map((content, line) => ({ line, content, section: '', at: null, speaker: null }));

/** Everything that ranking reads, in the words of the sources. */
function stateOf(index: PieceIndex): unknown {
  const { pieces, usualWords, usualGrams } = index.counts;
  return {
    ...{ pieces, usualWords, usualGrams },
    terms: index.sql('SELECT form, pieces FROM term WHERE pieces <> 0 ORDER BY form').all(),
    grams: index.sql('SELECT gram, pieces FROM gram WHERE pieces <> 0 ORDER BY gram').all(),
    found: index
      .sql(
        `SELECT source.name, piece.seq, piece.content FROM found JOIN piece ON piece.id = found.rowid
         JOIN source ON source.id = piece.source WHERE found MATCH 'tea OR boat OR cat' ORDER BY 1, 2`,
      )
      .all(),
  };
}

const line = fc.constantFrom('tea', 'a boat', 'boats and tea', 'the cat, the cat', 'nothing');
const change = fc.record({
  source: fc.constantFrom('a', 'b', 'c'),
  lines: fc.option(fc.array(line, { maxLength: 6 })),
});

test('whatever was replaced and removed, it is as if it had been made at once', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const grown = open();
      const last = new Map<string, string[]>();
      for (const { source, lines } of changes) {
        if (lines === null) {
          grown.remove(source);
          last.delete(source);
        } else {
          grown.replace(source, 'x', piecesOf(lines));
          last.set(source, lines);
        }
      }
      const fresh = open();
      for (const [source, lines] of last) fresh.replace(source, 'x', piecesOf(lines));
      expect(stateOf(grown)).toEqual(stateOf(fresh));
      expect([...grown.sources.keys()].sort()).toEqual([...last.keys()].sort());
    }),
    { numRuns: 40 },
  );
});

test('a line at the end of a source leaves what is above it untouched', () => {
  const index = open();
  const ids = (): number[] =>
    index
      .sql('SELECT id FROM piece ORDER BY seq')
      .all()
      .map(({ id }) => Number(id));
  index.replace('log', '1', piecesOf(['tea', 'boat']));
  const before = ids();
  index.replace('log', '2', piecesOf(['tea', 'boat', 'cat']));
  expect(ids().slice(0, 2)).toEqual(before);
  index.append([{ source: 'log', stamp: '3', pieces: piecesOf(['tea']) }]);
  expect(ids()).toHaveLength(4);
  expect(index.sources.get('log')?.stamp).toBe('3');
});

test('what fails half-way changes nothing', () => {
  const index = open();
  index.replace('log', '1', piecesOf(['tea']));
  const before = stateOf(index);
  const broken = [{ ...piecesOf(['boat'])[0], at: Symbol('no text') as unknown as string } as Piece];
  expect(() => index.replace('log', '2', [...piecesOf(['cat']), ...broken])).toThrow();
  expect(() => index.append([{ source: 'new', stamp: '', pieces: broken }])).toThrow();
  expect(stateOf(index)).toEqual(before);
  expect([...index.sources]).toEqual([['log', { id: 1, stamp: '1' }]]);
});

test('texts are kept only where they are wanted', () => {
  const path = join(temporaryFolder(), 'history.db');
  const index = open(path, false);
  index.append([{ source: 'chat', stamp: '', pieces: piecesOf(['the violet umbrella']) }]);
  const { hits } = recall(index, { phrasings: ['umbrella'], limit: 1, today: '2026-06-30' });
  expect(hits).toMatchObject([{ line: 0, content: '' }]);
});

test('a file of another version, or one that is no database, is replaced, and is private', () => {
  const path = join(temporaryFolder(), 'search.db');
  const first = new PieceIndex(path, { keepsText: true });
  first.replace('a', '', piecesOf(['tea']));
  first.close();
  const other = new DatabaseSync(path);
  other.exec('PRAGMA user_version = 99');
  other.close();
  const second = new PieceIndex(path, { keepsText: true });
  expect(second.sources.size).toBe(0);
  second.close();
  writeFileSync(path, 'no database at all '.repeat(500));
  const third = new PieceIndex(path, { keepsText: true });
  expect(third.sources.size).toBe(0);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  third.close();
});
