import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import { ScheduleWorld } from './schedule-world.ts';
import { SimulatedClock } from './simulated-clock.ts';

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
export const MINUTE = 60_000;

/** A scheduler on a fresh database, on Thursday 1 October 2026 at 12:00 in Berlin. */
export function scheduleWorld(at = '2026-10-01T10:00:00Z', timeZone = 'Europe/Berlin') {
  const clock = new SimulatedClock(Date.parse(at));
  const world = new ScheduleWorld(join(temporaryFolder(), 'gateway.db'), clock, timeZone);
  onTestFinished(() => {
    if (!world.dead) world.kill();
  });
  const pass = (ms: number): Promise<void> => clock.advanceTo(clock.now() + ms, () => world.dead);
  const sentAt = (): string[] =>
    [...world.sent.values()].map(({ at }) => new Date(at).toISOString().slice(0, 16));
  /** The slots of a job with what came of them, oldest first. */
  const record = (job: string): string[] =>
    world.store.jobRuns
      .history(job, 500)
      .reverse()
      .map(({ slot, outcome, state }) => `${new Date(slot).toISOString().slice(0, 16)} ${outcome ?? state}`);
  return { clock, world, pass, sentAt, record };
}

export const failure = (retryable: boolean, message = 'The provider is down.') => ({
  state: 'failed' as const,
  text: '',
  error: { code: 'provider', message, retryable },
  usage: { model: 'test', inputTokens: 5, outputTokens: 0 },
});
