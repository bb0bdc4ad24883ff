import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { OwnerFiles } from './owner-files.ts';

function watched(clock = systemClock) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  for (const name of ['soul.yaml', 'egress.yaml', 'MEMORY.md']) writeFileSync(join(home, name), 'before');
  const seen = { soul: 0, egress: 0, memory: 0, notes: 0, errors: 0 };
  const named = new Set<string>();
  const files = new OwnerFiles(home, clock, {
    onSoul: () => seen.soul++,
    onEgress: () => seen.egress++,
    onMemory: () => seen.memory++,
    onNote: (name) => named.add(name),
    onNotes: () => seen.notes++,
    onError: () => seen.errors++,
  });
  onTestFinished(() => files.close());
  return { home, seen, named };
}

afterEach(() => {
  delete process.env.CHOKIDAR_USEPOLLING;
  delete process.env.CHOKIDAR_INTERVAL;
});

test('where no notification ever comes, the sweep notices within a second', async () => {
  process.env.CHOKIDAR_USEPOLLING = '1';
  process.env.CHOKIDAR_INTERVAL = '3600000'; // blind for an hour
  const clock = new ManualClock();
  const { home, seen } = watched(clock);
  await clock.advance(2_000);
  expect(seen).toEqual({ soul: 0, egress: 0, memory: 0, notes: 0, errors: 0 });
  writeFileSync(join(home, 'soul.yaml'), 'after the edit');
  writeFileSync(join(home, 'MEMORY.md.tmp'), 'after the edit');
  renameSync(join(home, 'MEMORY.md.tmp'), join(home, 'MEMORY.md'));
  writeFileSync(join(home, 'egress.yaml'), 'after the edit');
  await clock.advance(1_000);
  expect(seen).toMatchObject({ soul: 1, egress: 1, memory: 1 });
  rmSync(join(home, 'soul.yaml'));
  await clock.advance(1_000);
  expect(seen).toMatchObject({ soul: 2, memory: 1 });
});

test('daily logs are noticed too; other files are nobody’s business', async () => {
  const { home, seen, named } = watched();
  await until('the watcher to see a note', () => {
    writeFileSync(join(home, 'memory/2026-01-01.md'), `- ${performance.now()}\n`);
    return seen.notes > 0;
  });
  expect([...named]).toEqual(['memory/2026-01-01.md']);
  mkdirSync(join(home, 'gateway'));
  writeFileSync(join(home, 'gateway/MEMORY.md'), 'x');
  writeFileSync(join(home, 'credentials.env'), 'x');
  writeFileSync(join(home, 'MEMORY.md'), 'last');
  await until('the last edit', () => seen.memory > 0);
  expect([seen.soul, seen.errors]).toEqual([0, 0]);
});
