import { readFileSync } from 'node:fs';
import { setTimeout as macrotask } from 'node:timers/promises';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { MALLOC_SETTINGS, releaseAfterStart } from './process-memory.ts';

test('some seconds after its start a process gives back what it does not hold any more', async () => {
  const clock = new ManualClock();
  const dropped = new WeakRef({ of: 'the start' });
  await macrotask(0); // what a WeakRef was made of lives until its task has ended
  releaseAfterStart(clock);
  await clock.advance(4_000);
  expect(dropped.deref()).toBeDefined();
  await macrotask(0);
  await clock.advance(2_000);
  expect(dropped.deref()).toBeUndefined();
  expect(globalThis).not.toHaveProperty('gc');
});

test('each image of ours that starts no program but node sets malloc as local mode does', () => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const line = Object.entries(MALLOC_SETTINGS).map(([name, value]) => `${name}=${value}`);
  for (const part of ['memory', 'workspace', 'egress', 'gateway']) {
    expect(dockerfile).toContain(
      `ENV ${line.join(' ')}\nUSER 1000:1000\nCMD ["node", "--disable-sigusr1", "dist/${part}.js"]`,
    );
  }
});
