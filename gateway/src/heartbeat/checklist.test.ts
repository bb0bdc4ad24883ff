import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseActiveHours } from '@mobyclaw/lib/active-hours';
import { expect, test } from 'vitest';
import { isActive, nextOpening } from '../calendar/active-hours.ts';
import { loadCalendar } from '../calendar/calendar.ts';
import { checklistItems, dueItem } from './checklist.ts';
import { heartbeatPrompt } from './heartbeat-prompt.ts';

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

test('the list that Moby is delivered with asks for nothing; its examples come due in the rhythm they name', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../agents/moby/defaults/HEARTBEAT.md'), 'utf8');
  expect(checklistItems(text)).toEqual([]);
  const [pending = '', evening = '', disk = ''] = checklistItems(text.replace(/<!--\n|-->\n$/g, ''));
  const due = (item: string, after: string, now: string, times: string[] = []): string | null =>
    dueItem([item], times, { after: at(`2026-11-21T${after}:00Z`), now: at(`2026-11-21T${now}:00Z`) }, zone);
  expect(due(pending, '10:00', '10:30')).toBeNull();
  expect(due(pending, '10:00', '10:30', ['2026-11-21 11:15'])).toBe('2026-11-21 11:15');
  expect([due(evening, '18:30', '18:59'), due(evening, '18:30', '19:00')]).toEqual([null, '20:00']);
  expect([due(disk, '06:00', '11:30'), due(disk, '06:00', '12:00')]).toEqual([null, 'Every 6h']);
});

test('the model is told why, and gets the list without what is commented out', () => {
  const list = '# Heartbeat\n<!-- - an example -->\n- Look at the disk.\n';
  const state = { nextAt: 0, plannedAt: 0, failures: 0, seen: null, askedAt: null, told: null, toldAt: null };
  const prompt = heartbeatPrompt(list, state, 'UTC', '“every 6h” was due');
  expect(prompt).toContain('- Look at the disk.\n</HEARTBEAT.md>');
  expect(prompt).toContain('because “every 6h” was due. It is the first time.');
  const later = heartbeatPrompt(list, { ...state, askedAt: at('2026-11-21T19:50:00Z') }, 'UTC', 'x');
  expect(later).toContain('The last time was 21 Nov 2026, 19:50');
  expect(prompt).not.toContain('an example');
});
