/** How much runs by itself, also of schedules that are older than the limits. */
import { expect, test } from 'vitest';
import type { JobDefinition } from '../store/job-rows.ts';
import { DAY, HOUR, MINUTE, scheduleWorld } from '../testing/schedule-setup.ts';
import { GUEST_TURNS_A_DAY } from './limits.ts';

const BOB = 'telegram:dm:77';

/** As a version without limits kept it. */
function keep({ world, clock }: ReturnType<typeof scheduleWorld>, change: Partial<JobDefinition>): string {
  const now = clock.now();
  const definition: JobDefinition = {
    name: 'old',
    schedule: { kind: 'every', everyMs: 1000, anchor: now + 1000, text: '1s' },
    timeZone: 'UTC',
    message: null,
    prompt: 'again',
    channel: BOB,
    origin: BOB,
    session: 'fresh',
    misfire: 'once',
    maxAge: null,
    overlap: 'parallel',
    until: null,
    count: null,
    retries: 0,
    ...change,
  };
  world.store.jobs.insert('old', definition, true, now + 1000, now);
  world.restart();
  return 'old';
}

test('an owner’s prompt that was stored with a second between its times is asked once a minute', async () => {
  const setUp = scheduleWorld();
  keep(setUp, {});
  await setUp.pass(HOUR);
  expect(setUp.world.turns.size).toBeGreaterThanOrEqual(59);
  expect(setUp.world.turns.size).toBeLessThanOrEqual(61);
});

test('a guest’s comes every 15 minutes, and its prompts end with the number that a day allows', async () => {
  const setUp = scheduleWorld('2026-10-01T22:00:00Z');
  const { world, pass } = setUp;
  keep(setUp, { guest: true });
  await pass(6 * HOUR);
  expect(world.turns.size).toBeGreaterThanOrEqual(23);
  expect(world.turns.size).toBeLessThanOrEqual(25);
  await pass(18 * HOUR - MINUTE);
  expect(world.turns.size).toBe(GUEST_TURNS_A_DAY);
  expect(world.service.history('old', 1)).toMatchObject([
    { outcome: 'skipped', detail: expect.stringContaining('the most that a day allows') },
  ]);
  await pass(HOUR);
  expect(world.turns.size).toBeGreaterThan(GUEST_TURNS_A_DAY);
  expect([...world.turns.values()].every(({ prompt }) => prompt.guest)).toBe(true);
});

test('what is removed and made anew counts for the same day', async () => {
  const { world, pass } = scheduleWorld('2026-10-01T22:00:00Z');
  const job = { name: 'again', cron: '*/15 * * * *', prompt: 'again', channel: BOB };
  for (let round = 0; round < 4; round++) {
    const { id } = await world.service.create(job, BOB, { guest: true });
    await pass(5 * HOUR);
    world.service.delete(id);
  }
  expect(world.turns.size).toBe(GUEST_TURNS_A_DAY);
  await world.service.create({ ...job, channel: 'telegram:dm:8' }, 'telegram:dm:8', { guest: true });
  await pass(HOUR);
  expect(world.turns.size).toBe(GUEST_TURNS_A_DAY + 4);
});

test('of a guest who was shut out before schedules knew of it nothing is asked', async () => {
  const setUp = scheduleWorld();
  setUp.world.refusal = (channel) => (channel === BOB ? 'nobody whom Moby may write to' : null);
  keep(setUp, { guest: true, origin: null });
  await setUp.pass(DAY);
  expect(setUp.world.turns.size).toBe(0);
  expect(setUp.world.sent.size).toBe(0);
  expect(setUp.world.service.history('old', 1)).toMatchObject([
    { outcome: 'skipped', detail: expect.stringContaining('may not talk to Moby any more') },
  ]);
});
