import { expect, it } from 'vitest';
import { type OwnersTime, parseTime, readNow, resolveTime } from './time-phrase.ts';

/** Thursday. */
const NOW: OwnersTime = { instant: Date.UTC(2026, 0, 15, 6, 30, 20), day: '2026-01-15', minutes: 12 * 60 };

function meaning(text: string) {
  const phrase = parseTime(text);
  return phrase && resolveTime(phrase, NOW);
}

it.each([
  ['in 10 minutes', { at: '2026-01-15T06:40:20Z' }],
  ['in an hour', { at: '2026-01-15T07:30:20Z' }],
  ['in half an hour', { at: '2026-01-15T07:00:20Z' }],
  ['in two weeks', { at: '2026-01-29T06:30:20Z' }],
  ['at 17:30', { at: '2026-01-15T17:30' }],
  ['at 9 am', { at: '2026-01-16T09:00' }],
  ['at 12 am', { at: '2026-01-16T00:00' }],
  ['at noon', { at: '2026-01-16T12:00' }],
  ['today at 18', { at: '2026-01-15T18:00' }],
  ['tonight', { at: '2026-01-15T20:00' }],
  ['tonight at 8', { at: '2026-01-15T20:00' }],
  ['tomorrow', { at: '2026-01-16T09:00' }],
  ['tomorrow at nine', { at: '2026-01-16T09:00' }],
  ['at 7.45 tomorrow', { at: '2026-01-16T07:45' }],
  ['on Friday at 8', { at: '2026-01-16T08:00' }],
  ['on Thursday at 8', { at: '2026-01-22T08:00' }],
  ['on thursday at 13:00', { at: '2026-01-15T13:00' }],
  ['on 2026-02-01 at 6 pm', { at: '2026-02-01T18:00' }],
  ['every 2 days', { every: '2d' }],
  ['every hour', { every: '1h' }],
  ['every week', { every: '7d' }],
  ['every day at 9', { cron: '0 9 * * *' }],
  ['every weekday at 7:30', { cron: '30 7 * * 1-5' }],
  ['every Sunday', { cron: '0 9 * * 0' }],
])('%s', (text, time) => {
  expect(meaning(text)).toEqual(time);
});

it.each([
  'on the day after',
  'at 25:00',
  'at 13 pm',
  'in the office',
  'in 5 minutes or so',
  'every now and then',
  '',
])('does not pretend to understand: %s', (text) => {
  expect(meaning(text)).toBeNull();
});

it('reads the owner’s clock from the tool’s answer', () => {
  expect(readNow('Saturday 2026-11-21 23:30 GMT-5 (America/Lima), 2026-11-22T04:30:12.345Z')).toEqual({
    instant: Date.UTC(2026, 10, 22, 4, 30, 12, 345),
    day: '2026-11-21',
    minutes: 23 * 60 + 30,
  });
  expect(readNow('half past nine')).toBeNull();
});
