/** A clock that was far ahead and is put right: what was put off until then does not wait for that date to come,
 * and what has run counts once. */
import { expect, test } from 'vitest';
import { DAY, failure, HOUR, MINUTE, scheduleWorld } from '../testing/schedule-setup.ts';

const YEAR = 365 * DAY;
const done = { state: 'done', text: 'ok', error: null, usage: null } as const;

test.each([false, true])(
  'a job that had failed runs again within the longest backoff (restarted: %s)',
  async (restarted) => {
    const { clock, world, pass } = scheduleWorld();
    world.answer = () => failure(false);
    const job = await world.create({ name: 'p', cron: '*/10 * * * *', prompt: 'x', retries: 0 });
    await pass(11 * MINUTE);
    expect(world.turns.size).toBe(1);
    world.answer = () => done;
    if (restarted) world.kill();
    clock.jump(-YEAR);
    if (restarted) world.restart();
    await pass(2 * HOUR);
    expect(world.turns.size).toBeGreaterThan(1);
    expect(await world.service.view(job.id)).toMatchObject({ failures: 0 });
  },
);

test.each([false, true])(
  'a prompt and a delivery that were put off are tried again (restarted: %s)',
  async (restarted) => {
    const { clock, world, pass, record } = scheduleWorld();
    world.answer = () => failure(true);
    world.beforeDelivery = () => {
      throw new Error('The platform does not answer.');
    };
    const asked = await world.create({ name: 'p', at: '2026-10-01T12:10', prompt: 'x' });
    const told = await world.create({ name: 'm', at: '2026-10-01T12:10', message: 'x' });
    await pass(10 * MINUTE + 5000);
    expect([record(asked.id), record(told.id)]).toEqual([
      ['2026-10-01T10:10 retrying'],
      ['2026-10-01T10:10 delivering'],
    ]);
    world.answer = () => done;
    world.beforeDelivery = () => undefined;
    if (restarted) world.kill();
    clock.jump(-YEAR);
    if (restarted) world.restart();
    await pass(HOUR);
    expect([record(asked.id), record(told.id)]).toEqual([
      ['2026-10-01T10:10 succeeded'],
      ['2026-10-01T10:10 succeeded'],
    ]);
  },
);

test('a word to the owner that was put off is sent', async () => {
  const { clock, world, pass } = scheduleWorld();
  world.answer = () => failure(false);
  world.beforeNotice = () => {
    throw new Error('The platform does not answer.');
  };
  await world.create({ name: 'p', at: '2026-10-01T12:10', prompt: 'x' });
  await pass(11 * MINUTE);
  world.beforeNotice = () => undefined;
  clock.jump(-YEAR);
  await pass(HOUR);
  expect(world.notices.size).toBe(1);
});

test.each(['once', 'all'] as const)('a job runs as often as its count says (misfire %s)', async (misfire) => {
  const { clock, world, pass, record } = scheduleWorld();
  const job = await world.create({ name: 'm', cron: '*/20 * * * *', message: 'x', count: 4, misfire });
  await pass(HOUR + MINUTE);
  clock.jump(-HOUR);
  await pass(30 * MINUTE); // the first of the times that come round again
  world.kill();
  clock.jump(HOUR); // at once: the other two, and one that is new
  world.restart();
  await pass(HOUR);
  expect(record(job.id)).toEqual([
    '2026-10-01T10:20 succeeded',
    '2026-10-01T10:40 succeeded',
    '2026-10-01T11:00 succeeded',
    '2026-10-01T11:20 succeeded',
  ]);
  expect(await world.service.view(job.id)).toMatchObject({ state: 'finished', runs: 4 });
});
