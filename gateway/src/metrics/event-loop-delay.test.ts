import { setTimeout as beats } from 'node:timers/promises';
import { systemClock } from '@mobyclaw/lib/clock';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, it } from 'vitest';
import { EventLoopDelay } from './event-loop-delay.ts';
import { Metrics } from './metrics.ts';

const BLOCK_MS = 100;
const SOME_BEATS_MS = 30; // the timer under test has to beat on both sides of the block

function block(): void {
  const end = performance.now() + BLOCK_MS;
  while (performance.now() < end);
}

describe('the delay of the event loop', () => {
  it('tells how long it was held up since the reading before', async () => {
    const delay = new EventLoopDelay(systemClock);
    expect(delay.read()).toEqual({ p50: 0, p99: 0, max: 0 });
    await until('the block', async () => {
      await beats(SOME_BEATS_MS);
      block();
      await beats(SOME_BEATS_MS);
      const { p50, max } = delay.read();
      return max > (BLOCK_MS - 20) / 1000 && p50 < max;
    });
  });

  it('is not measured any more some minutes after the last reading', async () => {
    const clock = new ManualClock();
    const delay = new EventLoopDelay(clock);
    expect(delay.measuring).toBe(false);
    delay.read();
    await clock.advance(120_000);
    delay.read(); // whoever reads regularly keeps it on
    await clock.advance(120_000);
    expect(delay.measuring).toBe(true);
    await clock.advance(60_000);
    expect(delay.measuring).toBe(false);
    expect(delay.read()).toEqual({ p50: 0, p99: 0, max: 0 });
    expect(delay.measuring).toBe(true);
    await clock.advance(180_000);
  });

  it('is among the metrics', async () => {
    const metrics = new Metrics({
      running: () => 0,
      queued: () => 0,
      questions: () => 0,
      fullest: () => 0,
      clock: systemClock,
    });
    const text = await metrics.render();
    for (const quantile of ['0.5', '0.99', '1'])
      expect(text).toContain(`mobyclaw_event_loop_delay_seconds{quantile="${quantile}"} 0`);
  });
});
