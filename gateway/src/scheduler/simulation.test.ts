/** Years of schedules on a simulated clock, with the scheduler killed again and again between its steps. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cron } from 'croner';
import { expect, onTestFinished, test } from 'vitest';
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

test.each(ZONES)(
  '2,000 days in %s with kills everywhere: one run for each slot, none missing, none doubled',
  async (zone) => {
    const random = randomFrom(ZONES.indexOf(zone) + 1);
    const begin = Date.parse('2026-01-01T00:00:10Z');
    const end = begin + DAYS * 86_400_000;
    const clock = new SimulatedClock(begin);
    const world = new ScheduleWorld(join(quickFolder(), 'gateway.db'), clock);
    let kills = 0;
    world.strike = () => {
      const strikes = random() < 0.02;
      if (strikes) kills++;
      return strikes;
    };
    const expected = new Map<string, string[]>();
    for (const [index, cron] of EXPRESSIONS.entries()) {
      const task = index % 2 === 0 ? { prompt: 'Look.' } : { message: 'Now.' };
      const job = await world.create({
        name: cron,
        cron,
        timeZone: zone,
        misfire: 'all',
        overlap: 'queue',
        ...task,
      });
      const slots: string[] = [];
      const reference = new Cron(cron, { timezone: zone, paused: true });
      for (
        let at = reference.nextRun(new Date(begin));
        at && at.getTime() <= end;
        at = reference.nextRun(at)
      ) {
        slots.push(`cron:${job.id}@${at.toISOString()}`);
      }
      expected.set(job.id, slots);
    }
    while (clock.now() < end) {
      const restartsAt = clock.now() + random() * 20 * 86_400_000;
      await clock.advanceTo(Math.min(end, restartsAt), () => world.dead);
      const downMs = random() < 0.3 ? random() * 3 * 86_400_000 : random() * 60_000;
      if (!world.dead) world.kill();
      await clock.advanceTo(Math.min(end, clock.now() + downMs));
      world.restart();
    }
    world.strike = () => false;
    await clock.advanceTo(end + 120_000, () => world.dead);
    const all = [...expected.values()].flat();
    expect([...world.sent.keys()].toSorted()).toEqual(all.toSorted());
    const asked = [...expected.values()].filter((_, index) => index % 2 === 0).flat();
    expect([...world.turns.keys()].toSorted()).toEqual(asked.toSorted());
    expect(kills).toBeGreaterThan(50);
    expect(world.store.jobRuns.open()).toEqual([]);
    world.kill();
  },
  300_000,
);
