import { expect, test } from 'vitest';
import { t } from '../../texts.ts';
import { cronText, weekdayName, zonedTime } from './schedule-text.ts';

test.each([
  ['0 7 * * *', t.schedules.daily('07:00')],
  ['5 18 * * 1-5', t.schedules.workdays('18:05')],
  ['0 9 * * 7', t.schedules.weekly(weekdayName(0), '09:00')],
  ['0 9 15 * *', t.schedules.monthly(15, '09:00')],
  ['*/5 * * * *', t.schedules.cron('*/5 * * * *')],
  ['0 9 1 1 *', t.schedules.cron('0 9 1 1 *')],
  ['0 9 1 * 1', t.schedules.cron('0 9 1 * 1')],
  ['0 9 * * 1,3', t.schedules.cron('0 9 * * 1,3')],
])('%s is told as %s', (cron, text) => expect(cronText(cron)).toBe(text));

test('a time is told as the clock of its zone shows it', () => {
  expect(zonedTime('2026-01-01T00:30:00Z', 'Asia/Tokyo')).toMatch(/9:30/);
  expect(zonedTime('2026-01-01T00:30:00Z', 'America/New_York')).toMatch(/31/);
});
