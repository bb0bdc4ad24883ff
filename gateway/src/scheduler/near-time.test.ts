import { expect, test } from 'vitest';
import { loadCalendar } from '../calendar/calendar.ts';
import { readNearTime } from './near-time.ts';

const calendar = await loadCalendar();
const BERLIN = 'Europe/Berlin';
const SATURDAY = Date.parse('2026-11-21T12:00:00Z'); // 13:00 in Berlin

function read(text: string, zone = BERLIN, now = SATURDAY): string | null {
  const at = readNearTime(text, zone, now, calendar);
  return at === null ? null : calendar.localText(at, zone);
}

test.each([
  ['20m', '2026-11-21T13:20:00+01:00'],
  ['in 20 minutes', '2026-11-21T13:20:00+01:00'],
  ['1.5h', '2026-11-21T14:30:00+01:00'],
  ['2 Days', '2026-11-23T13:00:00+01:00'],
  ['1w', '2026-11-28T13:00:00+01:00'],
  ['18:00', '2026-11-21T18:00:00+01:00'],
  ['9:00', '2026-11-22T09:00:00+01:00'],
  ['13:00', '2026-11-22T13:00:00+01:00'],
  ['today 9:00', '2026-11-21T09:00:00+01:00'],
  ['tomorrow 9:00', '2026-11-22T09:00:00+01:00'],
  ['tomorrow at 9am', '2026-11-22T09:00:00+01:00'],
  ['12 am', '2026-11-22T00:00:00+01:00'],
  ['12:30pm', '2026-11-22T12:30:00+01:00'],
  ['sat 18:00', '2026-11-21T18:00:00+01:00'],
  ['saturday 9:00', '2026-11-28T09:00:00+01:00'],
  ['Thurs 8.30', '2026-11-26T08:30:00+01:00'],
])('%s', (text, expected) => {
  expect(read(text)).toBe(expected);
});

test('the clock of the zone counts, also over a change of it and where the day is another one', () => {
  const evening = Date.parse('2026-03-28T20:00:00Z');
  expect(read('tomorrow 9:00', BERLIN, evening)).toBe('2026-03-29T09:00:00+02:00');
  expect(read('2:30', BERLIN, evening)).toBe('2026-03-29T03:00:00+02:00'); // skipped there
  expect(read('tomorrow 9:00', 'Pacific/Auckland', evening)).toBe('2026-03-30T09:00:00+13:00');
  expect(read('9:00', 'America/Los_Angeles', Date.parse('2026-11-22T02:00:00Z'))).toBe(
    '2026-11-22T09:00:00-08:00',
  );
});

test.each([
  '9',
  '25:00',
  '13pm',
  '0am',
  '9:60',
  'noon',
  'm 9:00',
  'someday 9:00',
  'tomorrow',
  '20 parsecs',
  '',
  '2026-12-24T18:00',
])('"%s" is none of these forms', (text) => {
  expect(read(text)).toBeNull();
});
