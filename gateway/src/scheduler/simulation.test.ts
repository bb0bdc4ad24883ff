/** Years of schedules on a simulated clock, with the scheduler killed again and again between its steps. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cron } from 'croner';
import { expect, onTestFinished, test } from 'vitest';
import type { RunRow } from '../store/job-rows.ts';
import { ScheduleWorld } from '../testing/schedule-world.ts';
import { SimulatedClock } from '../testing/simulated-clock.ts';

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Tokyo'];
const EXPRESSIONS = [
  '30 2 * * *',
  '15 0 * * 1-5',
  '45 1 * * sun',
  '0 9 31 * *',
  '0 12 L * *',
  '30 23 29 2 *',
];
const DAYS = 2000;
const DAY = 86_400_000;

/** In memory where the system has such a folder: what is tested is a kill, not a power cut, and syncs cost minutes here. */
function quickFolder(): string {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const path = mkdtempSync(join(base, 'mobyclaw-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Numbers that are the same in every run of the test. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Setting {
  misfire?: 'skip' | 'once' | 'all';
  overlap?: 'skip' | 'queue';
}

/** Each expression as a job, with the slots that an independent implementation has for it. */
async function jobsOf(world: ScheduleWorld, zone: string, [begin, end]: [number, number], setting: Setting) {
  const expected = new Map<string, string[]>();
  for (const [index, cron] of EXPRESSIONS.entries()) {
    const task = index % 2 === 0 ? { prompt: 'Look.' } : { message: 'Now.' };
    const job = await world.create({ name: cron, cron, timeZone: zone, ...setting, ...task });
    const slots: string[] = [];
    const reference = new Cron(cron, { timezone: zone, paused: true });
    for (let at = reference.nextRun(new Date(begin)); at && at.getTime() <= end; at = reference.nextRun(at)) {
      slots.push(`${job.id}@${at.toISOString()}`);
    }
    expected.set(job.id, slots);
  }
  return expected;
}

/** Lets the days pass with a kill now and then, at the steps of runs and between them. @returns how many at steps */
async function surviving(
  world: ScheduleWorld,
  random: () => number,
  end: number,
  onRestart: () => void,
): Promise<number> {
  const { clock } = world;
  let kills = 0;
  world.strike = () => {
    const strikes = random() < 0.02;
    if (strikes) kills++;
    return strikes;
  };
  while (clock.now() < end) {
    const restartsAt = clock.now() + random() * 20 * DAY;
    await clock.advanceTo(Math.min(end, restartsAt), () => world.dead);
    const downMs = random() < 0.3 ? random() * 3 * DAY : random() * 60_000;
    if (!world.dead) world.kill();
    await clock.advanceTo(Math.min(end, clock.now() + downMs));
    world.restart();
    onRestart();
  }
  world.strike = () => false;
  await clock.advanceTo(end + 120_000, () => world.dead);
  return kills;
}

test.each(ZONES)(
  '2,000 days in %s with kills everywhere: one run for each slot, none missing, none doubled',
  async (zone) => {
    const begin = Date.parse('2026-01-01T00:00:10Z');
    const end = begin + DAYS * DAY;
    const world = new ScheduleWorld(join(quickFolder(), 'gateway.db'), new SimulatedClock(begin));
    const expected = await jobsOf(world, zone, [begin, end], { misfire: 'all', overlap: 'queue' });
    const kills = await surviving(world, randomFrom(ZONES.indexOf(zone) + 1), end, () => undefined);
    const all = [...expected.values()].flat().map((key) => `cron:${key}`);
    expect([...world.sent.keys()].toSorted()).toEqual(all.toSorted());
    const asked = [...expected.values()].filter((_, index) => index % 2 === 0).flat();
    expect([...world.turns.keys()].toSorted()).toEqual(asked.map((key) => `cron:${key}`).toSorted());
    expect(kills).toBeGreaterThan(50);
    expect(world.store.jobRuns.open()).toEqual([]);
    world.kill();
  },
  300_000,
);

test.each([
  ['Europe/Berlin', {}],
  ['America/New_York', { misfire: 'skip' }],
  ['Australia/Lord_Howe', {}],
] as const)(
  '2,000 days in %s with kills everywhere, %j: no slot twice, and each has run or stands in the record of another',
  async (zone, setting) => {
    const begin = Date.parse('2026-01-01T00:00:10Z');
    const end = begin + DAYS * DAY;
    const world = new ScheduleWorld(join(quickFolder(), 'gateway.db'), new SimulatedClock(begin));
    const expected = await jobsOf(world, zone, [begin, end], setting);
    const record = new Map<string, RunRow>(); // beyond the 200 runs that are kept
    const note = (): void => {
      for (const job of expected.keys()) {
        for (const run of world.store.jobRuns.history(job, 100)) record.set(run.id, run);
      }
    };
    const kills = await surviving(world, randomFrom(ZONES.indexOf(zone) + 11), end, note);
    note();
    const isSlot = new Set([...expected.values()].flat());
    const ran = [...record.values()].filter(({ outcome }) => outcome !== 'skipped');
    expect(ran.filter(({ key }) => !isSlot.has(key))).toEqual([]);
    expect(new Set(ran.map(({ key }) => key)).size).toBe(ran.length);
    expect([...world.sent.keys()].toSorted()).toEqual(ran.map(({ key }) => `cron:${key}`).toSorted());
    const unaccounted = [...expected].flatMap(([job, slots]) => {
      const rows = [...record.values()].filter((run) => run.job === job);
      const times = rows.reduce((sum, run) => sum + run.times, 0);
      const missing = slots.filter((key) => {
        const slot = Date.parse(key.slice(key.indexOf('@') + 1));
        return rows.filter(({ firstSlot, lastSlot }) => slot >= firstSlot && slot <= lastSlot).length !== 1;
      });
      return times === slots.length ? missing : [`${job}: ${times} of ${slots.length}`, ...missing];
    });
    expect(unaccounted).toEqual([]);
    expect([...record.values()].some(({ times }) => times > 1)).toBe(true);
    expect(kills).toBeGreaterThan(50);
    world.kill();
  },
  300_000,
);
