import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Journal } from './journal.ts';
import type { JournalChange } from './journal-record.ts';

function change(id: string, at: string, line: string): JournalChange {
  return { op: 'change', id, at, file: 'MEMORY.md', wrote: [{ line }], removed: [] };
}

const linesOf = (records: Awaited<ReturnType<Journal['read']>>): string[] =>
  records.flatMap((record) => (record.op === 'change' ? record.wrote.map(({ line }) => line) : []));

test('a month has a file of its own, private to the owner, and they are read in their order', async () => {
  const home = temporaryFolder();
  const journal = new Journal(home);
  await journal.append(change('b', '2026-02-01T00:00:00.000Z', 'second'));
  await journal.append(change('a', '2026-01-31T23:59:00.000Z', 'first'));
  const folder = join(home, 'memory/.journal');
  expect(readdirSync(folder).sort()).toEqual(['2026-01.jsonl', '2026-02.jsonl']);
  expect(statSync(join(folder, '2026-01.jsonl')).mode & 0o777).toBe(0o600);
  expect(linesOf(await journal.read())).toEqual(['first', 'second']);
});

test('a last line that a crash has cut costs that line alone', async () => {
  const home = temporaryFolder();
  const journal = new Journal(home);
  await journal.append(change('a', '2026-01-01T00:00:00.000Z', 'whole'));
  const file = join(home, 'memory/.journal/2026-01.jsonl');
  appendFileSync(file, '{"op":"change","id":"b","at":"2026-01-02T0');
  expect(linesOf(await journal.read())).toEqual(['whole']);
  await journal.append(change('c', '2026-01-03T00:00:00.000Z', 'after'));
  expect(linesOf(await journal.read())).toEqual(['whole', 'after']);
  appendFileSync(
    file,
    `${JSON.stringify(change('d', '2026-01-04T00:00:00.000Z', 'only its line break was cut'))}`,
  );
  await journal.append(change('e', '2026-01-05T00:00:00.000Z', 'last'));
  expect(linesOf(await journal.read())).toEqual(['whole', 'after', 'only its line break was cut', 'last']);
});

test('what was not done in the end is not told of', async () => {
  const journal = new Journal(temporaryFolder());
  await journal.append(change('a', '2026-01-01T00:00:00.000Z', 'done'));
  await journal.append(change('b', '2026-01-01T00:00:01.000Z', 'failed'));
  await journal.append({ op: 'not', at: '2026-01-01T00:00:02.000Z', change: 'b' });
  expect(linesOf(await journal.read())).toEqual(['done']);
});

test('it begins once, with what stood there, and never again', async () => {
  const home = temporaryFolder();
  const journal = new Journal(home);
  expect(await journal.read()).toEqual([]);
  await journal.begin(Date.UTC(2026, 0, 1), async () => ['k1']);
  await journal.begin(Date.UTC(2026, 5, 1), async () => ['k2']);
  expect(await journal.read()).toEqual([{ op: 'begun', at: '2026-01-01T00:00:00.000Z', known: ['k1'] }]);
});

test('what is no record of ours is passed over, and other files are left alone', async () => {
  const home = temporaryFolder();
  const folder = join(home, 'memory/.journal');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '2026-01.jsonl'), 'null\n{"op":"later"}\n[]\n\u0000\n');
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  const journal = new Journal(home);
  await journal.append(change('a', '2026-01-01T00:00:00.000Z', 'fine'));
  expect(linesOf(await journal.read())).toEqual(['fine']);
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
});
