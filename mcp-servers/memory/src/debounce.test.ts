import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { Debounce } from './debounce.ts';

test('a file is read once it has been quiet, or after half a second all the same', async () => {
  const clock = new ManualClock();
  let runs = 0;
  const debounce = new Debounce(clock, () => {
    runs++;
  });
  debounce.touch();
  await clock.advance(90);
  debounce.touch();
  await clock.advance(90);
  expect(runs).toBe(0);
  await clock.advance(10);
  expect(runs).toBe(1);
  for (let at = 0; at < 500; at += 50) {
    debounce.touch();
    await clock.advance(50);
  }
  expect(runs).toBe(2);
  debounce.touch();
  debounce.cancel();
  await clock.advance(1_000);
  expect([runs, clock.waiting]).toEqual([2, 0]);
});
