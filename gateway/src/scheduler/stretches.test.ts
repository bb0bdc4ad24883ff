/** What the record shows of times that did not run, and of jobs in trouble. */
import { silentLogger } from '@mobyclaw/lib/logger';
import { expect, test } from 'vitest';
import { Retention } from '../store/retention.ts';
import { DAY, failure, HOUR, MINUTE, scheduleWorld } from '../testing/schedule-setup.ts';
import { MOST_MADE_UP } from './claim-plan.ts';

const done = { state: 'done', text: 'ok', error: null, usage: null } as const;

test('a job in trouble leaves one row for each stretch, and its last run is the one that really ran', async () => {
  const { world, pass } = scheduleWorld();
  world.answer = () => failure(false);
  const job = await world.create({ name: 'often', every: '1m', prompt: 'x', retries: 0 });
  await pass(150 * MINUTE);
  const runs = world.service.history(job.id, 200) ?? [];
  const skipped = runs.filter(({ outcome }) => outcome === 'skipped');
  expect(runs.filter(({ outcome }) => outcome === 'failed').length).toBeGreaterThanOrEqual(3);
  expect(runs.length).toBeLessThan(20);
  expect(runs.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(150);
  expect(skipped.at(-1)).toMatchObject({ detail: expect.stringContaining('waits a while') });
  expect(Math.max(...skipped.map(({ times = 1 }) => times))).toBeGreaterThanOrEqual(29); // the longest pause is half an hour to a whole one
  expect((await world.service.view(job.id))?.lastRun?.outcome).toBe('failed');
  expect(world.service.list()[0]?.lastRun?.outcome).toBe('failed');
});

test('what was left out while a run is at work is one row; the slots of a restart stand in one, too', async () => {
  const { world, pass, clock } = scheduleWorld();
  let release = (): void => undefined;
  world.answer = () =>
    new Promise((resolve) => {
      release = () => resolve(done);
    });
  const job = await world.create({ name: 'slow', every: '1m', prompt: 'x' });
  await pass(30 * MINUTE);
  release();
  await pass(1000);
  expect(world.service.history(job.id, 10)).toMatchObject([
    {
      outcome: 'skipped',
      times: 29,
      firstSlot: '2026-10-01T10:02:00.000Z',
      lastSlot: '2026-10-01T10:30:00.000Z',
    },
    { outcome: 'succeeded' },
  ]);
  world.kill();
  clock.jump(5 * MINUTE);
  world.answer = () => done;
  world.restart();
  await pass(1000);
  expect(world.service.history(job.id, 1)).toMatchObject([
    {
      outcome: 'succeeded',
      times: 5,
      firstSlot: '2026-10-01T10:31:00.000Z',
      slot: '2026-10-01T10:35:00.000Z',
    },
  ]);
});

test.each(['once', 'skip'] as const)(
  'times that come due within a busy moment run once, and the row says for how many (%s)',
  async (misfire) => {
    const { world, pass, clock } = scheduleWorld();
    const job = await world.create({ name: 'often', every: '10s', message: 'x', misfire });
    world.kill();
    clock.jump(35_000);
    world.restart();
    await pass(1000);
    expect(world.service.history(job.id, 10)).toMatchObject([
      { outcome: 'succeeded', times: 3, detail: expect.stringContaining('came due') },
    ]);
  },
);

test('older than the newest hundred: the record says from when to when nothing was made up for', async () => {
  const { world, pass, clock } = scheduleWorld();
  const job = await world.create({ name: 'often', every: '1m', message: 'x', misfire: 'all' });
  world.kill();
  clock.jump(3 * HOUR);
  world.restart();
  await pass(1000);
  const runs = world.service.history(job.id, 200) ?? [];
  expect(runs).toHaveLength(MOST_MADE_UP + 1);
  expect(runs.at(-1)).toMatchObject({
    outcome: 'skipped',
    times: 80,
    firstSlot: '2026-10-01T10:01:00.000Z',
    lastSlot: '2026-10-01T11:20:00.000Z',
  });
});

test('rows of skipped times do not pile up: claiming prunes the record, too', async () => {
  const { world, pass } = scheduleWorld();
  const job = await world.create({ name: 'm', every: '1h', message: 'x' });
  for (let index = 0; index < 300; index++) {
    const { id, ...rest } = world.store.jobRuns.find(world.engine.runNow(row())) ?? fail();
    world.store.jobRuns.claim({
      ...rest,
      id: `${index}`,
      key: `k${index}`,
      state: 'ended',
      outcome: 'skipped',
      detail: `${index}`,
    });
  }
  await pass(1000);
  world.store.jobs.setFailures(job.id, 1, Number.MAX_SAFE_INTEGER);
  await pass(HOUR);
  expect(world.store.jobRuns.history(job.id, 1000)).toHaveLength(200);

  function row() {
    return world.store.jobs.find(job.id) ?? fail();
  }
  function fail(): never {
    throw new Error('there is no such row');
  }
});

test('by hand while it is at work: behind with queue, beside with parallel', async () => {
  const { world, pass } = scheduleWorld();
  const answers: (() => void)[] = [];
  world.answer = () => new Promise((resolve) => answers.push(() => resolve(done)));
  const queue = await world.create({ name: 'q', every: '1d', prompt: 'queue', overlap: 'queue' });
  const parallel = await world.create({ name: 'p', every: '1d', prompt: 'parallel', overlap: 'parallel' });
  for (const { id } of [queue, parallel]) expect(world.service.runNow(id)?.state).toBe('running');
  await pass(1000);
  expect(world.service.runNow(queue.id)?.state).toBe('waiting');
  expect(world.service.runNow(parallel.id)?.state).toBe('running');
  await pass(1000);
  const sessions = [...world.turns.values()].map(({ prompt }) => prompt.session);
  expect(sessions).toEqual([
    `cron:${queue.id}`,
    `cron:${parallel.id}`,
    expect.stringMatching(`^cron:${parallel.id}-[0-9a-z]+$`),
  ]);
  for (const answer of answers) answer();
  await pass(1000);
  expect(world.turns.size).toBe(4);
  answers.at(-1)?.();
  await pass(1000);
  expect(world.service.history(queue.id, 10)).toMatchObject([
    { outcome: 'succeeded' },
    { outcome: 'succeeded' },
  ]);
});

test('what has finished is listed on request alone, and is gone after 30 days', async () => {
  const { world, pass, clock } = scheduleWorld();
  const job = await world.create({ name: 'bank', at: '2026-10-01T12:30', message: 'x' });
  await pass(HOUR);
  expect(world.service.list()).toEqual([]);
  expect(world.service.list({ all: true })).toMatchObject([{ id: job.id, state: 'finished' }]);
  const retention = new Retention({ store: world.store, clock: clock, logger: silentLogger });
  await pass(29 * DAY);
  await retention.sweep();
  expect(world.service.list({ all: true })).toHaveLength(1);
  await pass(2 * DAY);
  await retention.sweep();
  expect(world.service.list({ all: true })).toEqual([]);
  expect(world.store.jobRuns.history(job.id, 1)).toEqual([]);
});

test('what has finished and was run by hand since is kept for 30 days from then', async () => {
  const { world, pass, clock } = scheduleWorld();
  const first = await world.create({ name: 'bank', at: '2026-10-01T12:30', message: 'x' });
  const second = await world.create({ name: 'mail', at: '2026-10-01T12:40', message: 'x' });
  await pass(HOUR);
  const retention = new Retention({ store: world.store, clock: clock, logger: silentLogger });
  await pass(29 * DAY);
  await retention.sweep();
  world.service.runNow(first.id);
  await pass(HOUR);
  expect(world.store.jobs.oldestFinished()).toBe(second.id);
  const kept = (): string[] => world.service.list({ all: true }).map(({ name }) => name);
  await pass(2 * DAY);
  await retention.sweep();
  expect(kept()).toEqual(['bank']);
  await pass(29 * DAY);
  await retention.sweep();
  expect(kept()).toEqual([]);
});

test('ten thousand schedules are the most; one that has finished makes room', async () => {
  const { world, pass } = scheduleWorld();
  const base = await world.create({ name: 'bank', at: '2026-10-01T12:30', message: 'x' });
  await pass(HOUR);
  const { definition } = world.store.jobs.find(base.id) ?? {};
  if (!definition) throw new Error('there is no such job');
  world.store.transaction('relaxed', () => {
    for (let index = 1; index < 10_000; index++) {
      world.store.jobs.insert(`job-${index}`, definition, true, Number.MAX_SAFE_INTEGER, 0);
    }
  });
  const more = { name: 'one more', every: '1h', message: 'x' };
  await world.create(more);
  expect(world.store.jobs.find(base.id)).toBeNull();
  await expect(world.create(more)).rejects.toThrow('There are 10,000 schedules already');
  expect(world.store.jobs.count()).toBe(10_000);
});

test('the last failure and its reason are there whatever went well or was left out since', async () => {
  const { world, pass } = scheduleWorld();
  world.answer = () => failure(false);
  const job = await world.create({ name: 'm', every: '1h', prompt: 'x', retries: 0 });
  expect(job).not.toHaveProperty('lastFailure');
  await pass(HOUR);
  world.answer = () => done;
  await pass(3 * HOUR);
  expect(await world.service.view(job.id)).toMatchObject({
    lastRun: { outcome: 'succeeded' },
    lastFailure: { outcome: 'failed', slot: job.nextRun, detail: expect.stringMatching(/\w/) },
  });
});
