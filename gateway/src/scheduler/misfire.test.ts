/** What happens to times that pass while Moby is off, and when the clock is not what it was. */
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, scheduleWorld } from '../testing/schedule-setup.ts';

test.each([
  ['skip', [], ['2026-10-11T05:00 skipped']],
  ['once', ['2026-10-11T10:00'], ['2026-10-11T05:00 succeeded']],
  [
    'all',
    Array.from({ length: 10 }, () => '2026-10-11T10:00'),
    Array.from({ length: 10 }, (_, day) => `2026-10-${String(day + 2).padStart(2, '0')}T05:00 succeeded`),
  ],
] as const)('ten days down, misfire %s', async (misfire, sent, runs) => {
  const { clock, world, pass, sentAt, record } = scheduleWorld();
  const job = await world.create({ name: 'brief', cron: '0 7 * * *', message: 'Good morning.', misfire });
  world.kill();
  clock.jump(10 * DAY);
  world.restart();
  await pass(MINUTE);
  expect(sentAt()).toEqual(sent);
  expect(record(job.id)).toEqual(runs);
  expect(world.store.jobs.find(job.id)?.nextRun).toBe(Date.parse('2026-10-12T05:00:00Z'));
  await pass(DAY);
  expect(sentAt()).toEqual([...sent, '2026-10-12T05:00']);
});

test('missed prompts are made up for one after the other, in order, in the one conversation', async () => {
  const { clock, world, pass } = scheduleWorld();
  await world.create({ name: 'brief', cron: '0 7 * * *', prompt: 'Look.', misfire: 'all' });
  let atWork = 0;
  let most = 0;
  world.answer = async () => {
    most = Math.max(most, ++atWork);
    await new Promise((resolve) => setImmediate(resolve));
    atWork--;
    return { state: 'done', text: 'seen', error: null, usage: null };
  };
  world.kill();
  clock.jump(10 * DAY);
  world.restart();
  await until('the runs to end', async () => {
    await pass(MINUTE);
    return world.store.jobRuns.open().length === 0;
  });
  expect(most).toBe(1);
  expect([...world.turns.values()].map(({ prompt }) => prompt.key.slice(-24, -14))).toEqual(
    Array.from({ length: 10 }, (_, day) => `2026-10-${String(day + 2).padStart(2, '0')}`),
  );
  expect([...world.turns.values()][0]?.prompt.notes[0]).toMatch(
    /due 2026-10-02T07:00:00\+02:00 .* It is late/,
  );
});

test('what is older than its maximum age is not made up for', async () => {
  const { clock, world, pass, record } = scheduleWorld();
  const all = { cron: '0 7 * * *', message: 'x', misfire: 'all' } as const;
  const job = await world.create({ name: 'two days', ...all, maxAge: '2d' });
  const single = await world.create({ name: 'single', at: '2026-10-02T09:00', message: 'x', maxAge: '1h' });
  world.kill();
  clock.jump(10 * DAY);
  world.restart();
  await pass(MINUTE);
  expect(record(job.id).filter((line) => line.endsWith('succeeded'))).toEqual([
    '2026-10-10T05:00 succeeded',
    '2026-10-11T05:00 succeeded',
  ]);
  expect(record(single.id)).toEqual(['2026-10-02T07:00 skipped']);
  expect((await world.service.view(single.id))?.state).toBe('finished');
});

test('a reminder that came due while Moby was off is given when he is back, once', async () => {
  const { clock, world, pass, sentAt } = scheduleWorld();
  await world.create({ name: 'bank', at: '2026-10-02T09:00', message: 'Call the bank.' });
  world.kill();
  clock.jump(3 * DAY);
  world.restart();
  await pass(HOUR);
  world.restart();
  await pass(DAY);
  expect(sentAt()).toEqual(['2026-10-04T10:00']);
});

test('years of minutes: the newest hundred, and no more', async () => {
  const { clock, world, pass } = scheduleWorld();
  await world.create({ name: 'often', cron: '* * * * *', message: 'x', misfire: 'all' });
  world.kill();
  clock.jump(2000 * DAY);
  world.restart();
  await pass(1000);
  expect(world.sent.size).toBe(100);
});

test('a clock that jumps an hour ahead: the missed time runs at once, late, and once', async () => {
  const { clock, world, pass, sentAt } = scheduleWorld();
  const job = await world.create({ name: 'soon', cron: '30 12 * * *', message: 'x' });
  await pass(MINUTE);
  clock.jump(HOUR);
  await pass(MINUTE);
  expect(sentAt()).toEqual(['2026-10-01T11:01']);
  clock.jump(-HOUR);
  await pass(2 * HOUR);
  expect(sentAt()).toHaveLength(1);
  expect(world.store.jobs.find(job.id)?.nextRun).toBe(Date.parse('2026-10-02T10:30:00Z'));
});

test('a clock that is set back an hour: no time twice, none left out', async () => {
  const { clock, world, pass, sentAt } = scheduleWorld();
  await world.create({ name: 'often', cron: '*/20 * * * *', message: 'x' });
  await pass(HOUR + MINUTE);
  expect(sentAt()).toEqual(['2026-10-01T10:20', '2026-10-01T10:40', '2026-10-01T11:00']);
  clock.jump(-HOUR);
  await pass(2 * HOUR);
  expect(new Set(world.sent.keys()).size).toBe(6);
  expect(sentAt().slice(3)).toEqual(['2026-10-01T11:20', '2026-10-01T11:40', '2026-10-01T12:00']);
});

test('a clock that was years ahead, then right: jobs come back to life, also across a restart', async () => {
  const { clock, world, pass, sentAt } = scheduleWorld('2031-10-01T10:00:00Z');
  await world.create({ name: 'daily', cron: '0 7 * * *', message: 'x' });
  await world.create({ name: 'six hours', every: '6h', message: 'y' });
  await pass(DAY);
  expect(world.sent.size).toBe(5);
  world.kill();
  clock.jump(-5 * 365 * DAY);
  world.restart();
  await pass(2 * DAY);
  expect(
    sentAt()
      .slice(5)
      .filter((at) => at.endsWith('T05:00')),
  ).toHaveLength(2);
});

test('a machine that slept an hour: the slot comes within half a minute of waking', async () => {
  const { clock, world, pass } = scheduleWorld();
  await world.create({ name: 'soon', cron: '30 12 * * *', message: 'x' });
  await pass(MINUTE);
  clock.jump(HOUR); // timers stand still while it sleeps
  const woke = clock.now();
  await pass(31_000);
  expect([...world.sent.values()][0]?.at).toBeLessThanOrEqual(woke + 30_000);
});
