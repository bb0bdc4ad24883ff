import { isTimeZone, keptZone, zoneProblem } from '@mobyclaw/lib/time-zone';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { loadCalendar } from './calendar.ts';

function temporalTakes(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).getTimeZoneTransition('next');
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function intlTakes(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

test('of all names of three letters, in either case, and all places, those that Temporal takes too', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const short = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
  const names = [...short, 'ist', 'Pst', 'utc', 'europe/berlin', ...Intl.supportedValuesOf('timeZone')];
  const known = names.filter(intlTakes);
  expect(known).toEqual(expect.arrayContaining(['IST', 'ist', 'CET', 'Pst']));
  const wrong = known.filter((name) => isTimeZone(name) !== temporalTakes(name));
  expect(wrong).toEqual([]);
});

test.each([
  ['IST', /write the name of a place, such as Asia\/Calcutta/],
  ['pst', /America\/Los_Angeles/],
  ['+02:00', /is not a time zone but an offset.*Europe\/Berlin/],
  ['UTC+2', /offset/],
  ['berlin', /probably Europe\/Berlin/],
  ['Mars', /is not a time zone; write for example/],
  ['', /is not a time zone/],
  [':/etc/localtime', /is not a time zone/],
])('%j is refused with the name to use', (name, problem) => {
  expect(zoneProblem(name)).toMatch(problem);
});

test('what was kept under a short name means the place that it meant', () => {
  expect(temporalTakes(keptZone('IST'))).toBe(true);
  expect(keptZone('Europe/Berlin')).toBe('Europe/Berlin');
});

test('a schedule that was kept under a short name goes on', async () => {
  const calendar = await loadCalendar();
  const noon = calendar.slots({ kind: 'cron', cron: '0 12 * * *' }, 'IST').next(Date.UTC(2026, 0, 1));
  expect(new Date(noon ?? 0).toISOString()).toBe('2026-01-01T06:30:00.000Z');
  expect(calendar.localText(Date.UTC(2026, 0, 1), 'IST')).toBe('2026-01-01T05:30:00+05:30');
  expect(() => calendar.zone('IST')).toThrow(/Asia\/Calcutta/);
});
