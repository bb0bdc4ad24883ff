import { expect, test } from 'vitest';
import { loadCalendar } from '../calendar/calendar.ts';
import { ScheduleError } from '../calendar/schedule-error.ts';
import { readSchedule, readTime, type ScheduleInput } from './schedule-input.ts';

const calendar = await loadCalendar();
const NOW = Date.parse('2026-11-21T12:00:00Z');
const ZONE = 'Europe/Berlin';

function refusal(input: ScheduleInput, zone = ZONE): string {
  try {
    readSchedule(input, zone, NOW, calendar);
  } catch (error) {
    expect(error).toBeInstanceOf(ScheduleError);
    return (error as ScheduleError).message;
  }
  return expect.fail(`${JSON.stringify(input)} was accepted`);
}

test('at: RFC 3339, or local time in the zone', () => {
  const at = (text: string) => new Date(readTime('at', text, ZONE, calendar, NOW)).toISOString();
  expect(at('2026-12-24T18:00:00+01:00')).toBe('2026-12-24T17:00:00.000Z');
  expect(at('2026-12-24T18:00:00.5Z')).toBe('2026-12-24T18:00:00.500Z');
  expect(at('2026-12-24T18:00')).toBe('2026-12-24T17:00:00.000Z');
  expect(at('2026-07-24 18:00')).toBe('2026-07-24T16:00:00.000Z');
  expect(at('2027-03-28T02:30')).toBe('2027-03-28T01:00:00.000Z');
  expect(at('2027-10-31T02:30')).toBe('2027-10-31T00:30:00.000Z');
});

test.each([
  [{ at: '2027-02-30T09:00' }, /February 2027 has 28 days/],
  [{ at: '2026-13-01T09:00' }, /month goes from 01 to 12/],
  [{ at: '2026-12-01T25:00' }, /not a time of day/],
  [
    { at: '2026-11-21T12:59:00+01:00' },
    /has passed, 60 s ago; it is now 2026-11-21T13:00:00\+01:00 in Europe\/Berlin/,
  ],
  [{ at: '2020-01-01T00:30' }, /has passed, on 2020-01-01; it is now 2026-11-21T13:00:00\+01:00/],
  [
    { at: 'tomorrow at nine' },
    /is not a time. Write 20m, 18:00 or tomorrow 9:00, or a date such as 2026-12-24T18:00 for Europe\/Berlin/,
  ],
  [{ at: '2026-12-01' }, /is not a time/],
  [{ every: '0s' }, /at least 1s/],
  [{ every: '0.1s' }, /at least 1s/],
  [{ every: '-5m' }, /not a duration/],
  [{ every: 'day' }, /not a duration/],
  [{ every: '9999d' }, /at most 3660d/],
  [{ cron: '0 0 30 2 *' }, /never happens/],
  [{ cron: '0 0 31 4,6 *' }, /never happens/],
  [{ cron: '0 0 L-30 2 *' }, /never happens/],
  [{ cron: '61 * * * *' }, /minute is 0-59/],
  [{ cron: '* 24 * * *' }, /hour is 0-23/],
  [{ cron: '0 9 * * mon-' }, /day of week is 0-7/],
  [{ cron: '*/0 * * * *' }, /minute is 0-59/],
  [{ cron: '0 9 * *' }, /has 4 fields; write five/],
  [{ cron: '0 0 9 * * *' }, /has 6 fields; write five/],
  [{ cron: '*/90 * * * *' }, /"\*\/90" is not every 90: the minute has 60 values.*Write every 90m/],
  [{ cron: '0,5-59/60 * * * *' }, /Write every 60m/],
  [{ cron: '0 */24 * * *' }, /the hour has 24 values.*Write every 24h/],
  [{ cron: '0 0 1/45 * *' }, /Write every 45d/],
  [{ cron: '0 0 1 */12 *' }, /the month by its number/],
  [{ cron: '0 0 * * */7' }, /the day by its name/],
  [{ cron: 'every day' }, /has 2 fields/],
  [{ cron: '@reboot' }, /has 1 fields/],
  [{}, /exactly one of at, every and cron. None is given/],
  [{ every: '1h', cron: '0 0 * * *' }, /every and cron are given/],
  [{ at: '2027-01-01T00:00', start: '2027-01-01T00:00' }, /start goes with every/],
] as [ScheduleInput, RegExp][])('refuses %j and says why', (input, reason) => {
  expect(refusal(input)).toMatch(reason);
});

test('an unknown zone is refused with the likely one', () => {
  expect(refusal({ every: '1h' }, 'Berlin')).toMatch(/probably Europe\/Berlin/);
  expect(refusal({ every: '1h' }, 'new york')).toMatch(/probably America\/New_York/);
  expect(refusal({ every: '1h' }, '+01:00')).toMatch(/is not a time zone but an offset/);
  expect(refusal({ every: '1h' }, 'IST')).toMatch(/is not a time zone but short.*Asia\/Calcutta/);
  expect(readSchedule({ cron: '*/59 */23 * * *' }, ZONE, NOW, calendar)).toMatchObject({ kind: 'cron' });
});

test('every begins one interval from now, or at its start', () => {
  expect(readSchedule({ every: '30m' }, ZONE, NOW, calendar)).toEqual({
    kind: 'every',
    everyMs: 1_800_000,
    anchor: NOW + 1_800_000,
    text: '30m',
  });
  const start = readSchedule({ every: '1d', start: '2026-12-01T09:00' }, ZONE, NOW, calendar);
  expect(start).toMatchObject({ anchor: Date.parse('2026-12-01T08:00:00Z') });
});
