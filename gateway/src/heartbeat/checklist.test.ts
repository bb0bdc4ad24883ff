import { expect, test } from 'vitest';
import { loadCalendar } from '../scheduler/calendar.ts';
import { isActive, nextOpening, parseActiveHours } from './active-hours.ts';
import { checklistItems, dueItem } from './checklist.ts';

const zone = (await loadCalendar()).zone('Europe/Berlin');
const at = (text: string): number => Date.parse(text);

test('comments, headings, rules and empty bullets ask for nothing', () => {
  expect(checklistItems('# Heartbeat\n\n<!-- one\n- two\n-->\n\n- \n* [ ]\n1.\n---\n')).toEqual([]);
  expect(
    checklistItems('# Heartbeat\r\n- Look at the disk <!-- sometimes -->\n<!-- never closed\n- x'),
  ).toEqual(['- Look at the disk']);
});

test.each([
  ['- After 20:00: write the log', '20:00'],
  ['- 2026-11-21: call the bank', '2026-11-21'],
  ['- call the bank 2026-11-21 19:45', '2026-11-21 19:45'],
  ['- every 2h: look at the disk', 'every 2h'],
  ['- Hourly: look', 'Hourly'],
  ['- look at the disk every 30 minutes', 'every 30 minutes'],
])('%s is due', (item, due) => {
  const window = { after: at('2026-11-20T22:59:00Z'), now: at('2026-11-21T19:10:00Z') };
  expect(dueItem([item], [], window, zone)).toBe(due);
});

test.each([
  '- After 21:00: write the log',
  '- 2026-11-22: call the bank',
  '- call the bank 2026-11-21 18:45',
  '- every 3 hours: look',
  '- daily: look',
  '- version 1.20.30, ratio 16:9:4',
  '- look at the disk',
])('%s is not due', (item) => {
  const window = { after: at('2026-11-21T18:00:00Z'), now: at('2026-11-21T19:10:00Z') };
  expect(dueItem([item], [], window, zone)).toBeNull();
});

test('moments in the memory files count, times of day in them do not', () => {
  const window = { after: at('2026-11-21T18:00:00Z'), now: at('2026-11-21T19:10:00Z') };
  expect(dueItem([], ['2026-11-21 19:30'], window, zone)).toBe('2026-11-21 19:30');
  expect(dueItem([], ['19:30'], window, zone)).toBeNull();
});

test('a window may cross midnight, and is that of the zone', () => {
  const night = parseActiveHours('22:00-06:00');
  const active = (time: string): boolean => isActive(night, at(time), zone);
  expect(
    ['20:59', '21:00', '23:30', '04:59', '05:00'].map((time) => active(`2026-11-21T${time}:00Z`)),
  ).toEqual([false, true, true, true, false]);
  expect(nextOpening(night, at('2026-11-21T05:00:00Z'), zone)).toBe(at('2026-11-21T21:00:00Z'));
  expect(nextOpening(parseActiveHours('08:00-23:00'), at('2026-11-21T22:30:00Z'), zone)).toBe(
    at('2026-11-22T07:00:00Z'),
  );
  expect(isActive(parseActiveHours('00:00-24:00'), at('2026-11-21T23:30:00Z'), zone)).toBe(true);
});

test.each(['8-23', '08:00', '08:00-08:00', '25:00-06:00', '24:00-06:00', 'day'])('refuses %s', (text) => {
  expect(() => parseActiveHours(text)).toThrow(/08:00-23:00/);
});
