/** Which versions stay: the newest, and of longer ago one of each minute, hour and day. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import type { MemoryFileName } from './memory-file.ts';
import { keepVersion } from './versions.ts';

const MEMORY = 'MEMORY.md' as MemoryFileName;
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const NOW = Date.parse('2026-03-31T12:00:00.000Z');

function versions() {
  const home = temporaryFolder();
  const keep = (at: number, name = MEMORY) => keepVersion(home, name, Buffer.from('x'), at);
  const times = (name = 'MEMORY.md') =>
    readdirSync(join(home, 'memory/.versions', name))
      .sort()
      .map((file) => Date.parse(file.replace(/\.md$/, '').replaceAll('_', ':')));
  return { keep, times };
}

test('a burst keeps its newest fifty and the first of its minute', async () => {
  const { keep, times } = versions();
  for (let at = 0; at < 55; at++) await keep(NOW + at * SECOND);
  expect(times()).toEqual([NOW, ...Array.from({ length: 49 }, (_, index) => NOW + (6 + index) * SECOND)]);
});

test('of an hour one of each minute stays, of two days one of each hour, of a month one of each day', async () => {
  const { keep, times } = versions();
  const old = [-40 * DAY, -29 * DAY, -29 * DAY + HOUR, -40 * HOUR, -40 * HOUR + MINUTE, -30 * MINUTE].map(
    (ago) => NOW + ago,
  );
  for (const at of old) await keep(at);
  for (let at = 0; at < 60; at++) await keep(NOW + at * SECOND);
  const [, firstOfDay, , firstOfHour, , firstOfMinute] = old;
  expect(times().slice(0, 4)).toEqual([firstOfDay, firstOfHour, firstOfMinute, NOW]);
  expect(times()).toHaveLength(50);
});

test('a daily log keeps five', async () => {
  const { keep, times } = versions();
  const log = 'memory/2026-03-31.md' as MemoryFileName;
  for (let at = 0; at < 8; at++) await keep(NOW + at * HOUR, log);
  expect(times('2026-03-31.md')).toEqual([3, 4, 5, 6, 7].map((at) => NOW + at * HOUR));
});

test('versions of one moment, and of a clock that was set back, keep their order', async () => {
  const { keep, times } = versions();
  for (const at of [NOW, NOW, NOW - DAY]) await keep(at);
  expect(times()).toEqual([NOW, NOW + 1, NOW + 2]);
});
