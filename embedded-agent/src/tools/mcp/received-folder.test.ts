import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { keepReceivedSwept, sweepReceived } from './received-folder.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-03-31T12:00:00Z');

function file(folder: string, name: string, days: number): void {
  const path = join(folder, name);
  writeFileSync(path, 'x');
  utimesSync(path, (NOW - days * DAY_MS) / 1000, (NOW - days * DAY_MS) / 1000);
}

test('files of a month ago go; younger ones, the agent’s own and what links lead to stay', async () => {
  const [work, elsewhere] = [temporaryFolder(), temporaryFolder()];
  expect(await sweepReceived(work, NOW)).toBe(0); // nothing was received yet
  const folder = join(work, 'received');
  mkdirSync(folder);
  file(folder, '0a1b2c3d-old.pdf', 31);
  file(folder, '0a1b2c3e-young.pdf', 29);
  file(folder, 'notes of the agent.md', 400);
  mkdirSync(join(folder, '0a1b2c3f-folder'));
  file(elsewhere, '0a1b2c3d-kept.pdf', 400);
  symlinkSync(join(elsewhere, '0a1b2c3d-kept.pdf'), join(folder, '0a1b2c40-link.pdf'));
  expect(await sweepReceived(work, NOW)).toBe(1);
  expect(readdirSync(folder).toSorted()).toEqual([
    '0a1b2c3e-young.pdf',
    '0a1b2c3f-folder',
    '0a1b2c40-link.pdf',
    'notes of the agent.md',
  ]);
  const other = temporaryFolder();
  symlinkSync(elsewhere, join(other, 'received'));
  expect(await sweepReceived(other, NOW)).toBe(0);
  expect(existsSync(join(elsewhere, '0a1b2c3d-kept.pdf'))).toBe(true);
});

test('at the start and once a day', async () => {
  const work = temporaryFolder();
  const clock = new ManualClock(NOW);
  const folder = join(work, 'received');
  mkdirSync(folder);
  file(folder, '0a1b2c3d-first.pdf', 40);
  file(folder, '0a1b2c3e-second.pdf', 29.5);
  const ended = new AbortController();
  const errors: unknown[] = [];
  const sweeping = keepReceivedSwept(work, clock, ended.signal, (error) => errors.push(error));
  await until('the first to go', () => readdirSync(folder).length === 1);
  await until('the sweep to wait', () => clock.waiting > 0);
  await clock.advance(DAY_MS);
  await until('the second to go', () => readdirSync(folder).length === 0);
  ended.abort();
  await sweeping;
  expect(errors).toEqual([]);
});
