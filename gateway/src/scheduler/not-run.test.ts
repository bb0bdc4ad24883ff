/** What the owner hears of single times that the budget did not allow. */
import { expect, test } from 'vitest';
import { DAY, scheduleWorld } from '../testing/schedule-setup.ts';
import { OVER_BUDGET } from '../unasked/ports.ts';

test('he hears of the first in each of his days, which are those of the budget, and of no other', async () => {
  const { world, pass } = scheduleWorld('2026-10-01T22:00:00Z', 'America/Los_Angeles');
  const error = { code: OVER_BUDGET, message: 'Nothing is left for today.', retryable: false };
  world.answer = () => ({ state: 'failed', text: '', error, usage: null });
  const single = (name: string, at: string) => world.create({ name, at, prompt: 'x', retries: 0 });
  await single('afternoon', '2026-10-01T16:00');
  await single('evening', '2026-10-01T18:00'); // the next day in UTC
  await single('night', '2026-10-02T01:00');
  await pass(DAY);
  expect([...world.notices]).toEqual([
    ['not-run:2026-10-01', expect.stringContaining('“afternoon” was due once and was not run')],
    ['not-run:2026-10-02', expect.stringContaining('“night” was due once and was not run')],
  ]);
});
