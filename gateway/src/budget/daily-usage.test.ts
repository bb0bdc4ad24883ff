/** Days are the owner's, and the month goes on as its last week did. */

import { expect, test } from 'vitest';
import type { SlotRow } from '../store/usage-store.ts';
import { openHarness } from '../testing/harness.ts';
import { dailyUsage } from './daily-usage.ts';

/** As the database sums it up. */
function spent(...slots: [at: string, costUsd: number][]): (since: number) => SlotRow[] {
  const rows = slots.map(([at, costUsd]): SlotRow => {
    return { at: Date.parse(at), turns: 1, inputTokens: 90, outputTokens: 10, costUsd, unpricedTurns: 0 };
  });
  return (since) => rows.filter(({ at }) => at >= since);
}

test('an evening in Auckland is a day of its own, and days without use are there too', () => {
  const now = Date.parse('2026-01-20T00:00:00Z');
  const bySlot = spent(['2026-01-18T10:45:00Z', 1], ['2026-01-18T11:00:00Z', 2], ['2026-01-19T23:00:00Z', 4]);
  const { items } = dailyUsage({ bySlot, timeZone: 'Pacific/Auckland', now, days: 4 });
  expect(items.map(({ day, costUsd }) => [day, costUsd])).toEqual([
    ['2026-01-17', 0],
    ['2026-01-18', 1],
    ['2026-01-19', 2],
    ['2026-01-20', 4],
  ]);
});

test('the month comes to what was spent and the days that are left, at the average of the week', () => {
  const now = Date.parse('2026-01-21T12:00:00Z'); // ten days are left
  const bySlot = spent(
    ['2025-12-31T12:00:00Z', 100],
    ['2026-01-02T12:00:00Z', 5],
    ['2026-01-20T12:00:00Z', 2],
  );
  const { month } = dailyUsage({ bySlot, timeZone: 'UTC', now, days: 7 });
  expect(month).toEqual({
    month: '2026-01',
    spentUsd: 7,
    spentTokens: 200,
    projectedUsd: 7 + (2 / 2) * 10, // used on two days of the week, today among them
    projectedTokens: 200 + (100 / 2) * 10,
  });
});

test('the API tells it of real turns', async () => {
  const moby = await openHarness();
  await moby.ask('hello', { session: 'api:days' });
  const { body } = await moby.call('GET', '/api/usage/days?days=3');
  expect(body.items).toHaveLength(3);
  const { body: report } = await moby.call('GET', '/api/usage?days=3');
  expect(body.items[2].turns).toBe(report.totals.turns);
  expect((await moby.call('GET', '/api/parts')).body).toMatchObject({ mode: 'containers' });
  expect((await moby.call('GET', '/api/logs?part=memory')).status).toBe(404);
});
