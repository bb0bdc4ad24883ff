import { setTimeout as macrotask } from 'node:timers/promises';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { releaseAfterStart } from './process-memory.ts';

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
