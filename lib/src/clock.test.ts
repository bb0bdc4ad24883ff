import { spawnSync } from 'node:child_process';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { every } from './clock.ts';

test('a task runs at first after its own time, then at each interval, until it is cancelled', async () => {
  const clock = new ManualClock();
  const start = clock.now();
  const ran: number[] = [];
  const timer = every(clock, 1000, () => ran.push(clock.now() - start), 100);
  await clock.advance(2500);
  timer.cancel();
  await clock.advance(5000);
  expect(ran).toEqual([100, 1100, 2100]);
});

test('a task that ends it does not run again', async () => {
  const clock = new ManualClock();
  let ran = 0;
  const timer = every(clock, 1000, () => {
    ran++;
    timer.cancel();
  });
  await clock.advance(5000);
  expect(ran).toBe(1);
});

test('a timer keeps no process alive', () => {
  const clock = new URL('clock.ts', import.meta.url);
  const program = `import { systemClock } from '${clock}'; systemClock.after(600_000, () => undefined);`;
  const args = ['--input-type=module', '-e', program];
  expect(spawnSync(process.execPath, args, { timeout: 20_000 })).toMatchObject({ status: 0, signal: null });
});
