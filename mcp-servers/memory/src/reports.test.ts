import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import type { MemoryFileName } from './memory-file.ts';
import { listReport, readReport, searchReport } from './reports.ts';
import type { Hit } from './search/search-index.ts';

test('when a file was changed is told by the owner’s clock', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const path = join(home, 'MEMORY.md');
  writeFileSync(path, '# Memory\n');
  const at = new Date('2026-01-02T20:04:05Z');
  utimesSync(path, at, at);
  expect(await listReport(home, 'Asia/Kolkata', () => true)).toMatch(
    /^- MEMORY\.md, \d+ bytes, changed 2026-01-03 01:34$/m,
  );
});

test('a text is read from the line that is asked for, as many lines as are asked for', () => {
  const text = Array.from({ length: 10 }, (_, index) => `line ${index + 1}`).join('\n');
  const read = (from: number, most: number): string => readReport('MEMORY.md', `${text}\n`, from, most);
  expect(read(1, 100)).toBe(`MEMORY.md, lines 1 to 10 of 10.\n\n${text}`);
  expect(read(4, 2)).toBe('MEMORY.md, lines 4 to 5 of 10. Go on with from_line 6.\n\nline 4\nline 5');
  expect(read(10, 5)).toBe('MEMORY.md, lines 10 to 10 of 10.\n\nline 10');
  expect(read(11, 5)).toBe('MEMORY.md has 10 lines only.');
  expect(readReport('MEMORY.md', '\n', 1, 5)).toBe('MEMORY.md, lines 1 to 1 of 1.\n\n');
  expect(readReport('MEMORY.md', '', 1, 5)).toBe('MEMORY.md is empty.');
});

test('a text that is larger than one answer comes in parts that together are the text', () => {
  const lines = Array.from({ length: 400 }, (_, index) => `${index} ${'x'.repeat(index % 2 ? 300 : 0)}`);
  const parts: string[] = [];
  for (let from: number | null = 1; from !== null; ) {
    const answer: string = readReport('MEMORY.md', lines.join('\n'), from, 1000);
    expect(answer.length).toBeLessThan(41_000);
    parts.push(answer.slice(answer.indexOf('\n\n') + 2));
    const next = Number(/Go on with from_line (\d+)/.exec(answer)?.[1] ?? Number.NaN);
    if (!Number.isNaN(next)) expect(next).toBeGreaterThan(from);
    from = Number.isNaN(next) ? null : next;
  }
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join('\n')).toBe(lines.join('\n'));
});

test('each hit says where it stands, when and by whom it was said, and what stands beside it, once', () => {
  const hit = (more: Partial<Hit>): Hit => ({
    file: 'memory/2026-06-30.md' as MemoryFileName,
    ...{
      line: 3,
      section: '',
      at: '2026-06-30 10:00',
      speaker: 'Anna',
      before: null,
      after: '- 10:05 Bob: a pity',
    },
    ...{ snippet: '- 10:00 Anna: sold the boat', score: 1, coverage: 1, ...more },
  });
  const second = hit({
    file: 'memory/guests/telegram-dm-7.md' as MemoryFileName,
    ...{ line: 5, section: 'Log', at: null, speaker: 'Bob', snippet: '- boats\n  are old', score: 0.5 },
    ...{ before: '- 10:00 Anna: sold the boat', after: '- and\n  wet' },
  });
  const answer = {
    hits: [hit({}), second],
    files: ['a', 'b'],
    unread: ['c is broken.'],
    missing: { files: 2, of: 9 },
  };
  expect(searchReport(answer, '', new Map([[answer.hits[0] as Hit, 'past: it was until 2026-06-30']]))).toBe(
    [
      '[memory/2026-06-30.md:3, said 2026-06-30 10:00, by Anna, past: it was until 2026-06-30, score 1.00]\n- 10:00 Anna: sold the boat\n(after: - 10:05 Bob: a pity)',
      '[memory/guests/telegram-dm-7.md:5 § Log, a guest’s words, by Bob, score 0.50]\n- boats\n  are old\n(after: - and wet)',
      'Most about it as a whole: a, b.',
      'Not searched: c is broken.',
      'Not searched yet: 2 of 9 files, of which the index is being made. Search again in a moment.',
    ].join('\n\n'),
  );
  const weak = { ...answer, hits: [hit({ coverage: 0.3 })], unread: [], missing: { files: 0, of: 9 } };
  expect(searchReport(weak, '', new Map())).toContain('No passage has most of what was asked for');
  expect(searchReport({ ...weak, hits: [] }, 'Nothing found.', new Map())).toBe('Nothing found.');
});
