import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { loadCalendar } from './calendar.ts';
import { slotsBetween, upcoming } from './schedule.ts';

const calendar = await loadCalendar();
const iso = (text: string): number => Date.parse(text);

function cron(expression: string, zone: string, from: string, count: number): string[] {
  const slots = calendar.slots({ kind: 'cron', cron: expression }, zone);
  return upcoming(slots, iso(from), count).map((slot) => new Date(slot).toISOString().slice(0, 16));
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Tokyo'];

/** croner's rule for jobs at one time of day is ours for all that name hours; for every hour both go by the clock. */
const EXPRESSIONS = [
  '0 7 * * 1-5',
  '30 2 * * *',
  '15 0 * * *',
  '45 1 * * sun',
  '0 9 1 * *',
  '0 9 31 * *',
  '0 12 L * *',
  '0 0 15W * *',
  '0 18 * * 5L',
  '0 8 * * mon#1',
  '30 23 29 2 *',
  '0 9 13 * 5',
  '0 6 1,15 * wed',
  '0 4 * jan-mar,oct *',
];
/** Compared over fewer days, since the other implementation takes its time. */
const DENSE = ['*/15 * * * *', '7 * * * *', '0,30 * * 3,10 *', '5-59/20 * * * 6,0'];

test.each(ZONES)(
  '2,000 days in %s: the same times as an independent implementation',
  (zone) => {
    const begin = iso('2026-01-01T00:00:00Z');
    for (const expression of [...EXPRESSIONS, ...DENSE]) {
      const end = begin + (DENSE.includes(expression) ? 330 : 2000) * 86_400_000;
      const slots = calendar.slots({ kind: 'cron', cron: expression }, zone);
      const reference = new Cron(expression, { timezone: zone, paused: true });
      let expected = reference.nextRun(new Date(begin - 1));
      let seen = 0;
      for (let slot = slots.next(begin - 1); slot !== null && slot < end; slot = slots.next(slot)) {
        if (expected?.getTime() !== slot) {
          expect.fail(`${expression}: ${new Date(slot).toISOString()}, expected ${expected?.toISOString()}`);
        }
        expected = reference.nextRun(expected);
        seen++;
      }
      expect(expected === null || expected.getTime() >= end, expression).toBe(true);
      expect(seen, expression).toBeGreaterThan(0);
    }
  },
  240_000,
);

test('a skipped time of day runs at the end of the gap, once, also when several fall together', () => {
  expect(cron('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
    '2026-03-29T01:00',
    '2026-03-30T00:30',
  ]);
  expect(cron('0,30 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 3)).toEqual([
    '2026-03-29T01:00',
    '2026-03-29T01:30',
    '2026-03-30T00:00',
  ]);
  expect(cron('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z', 1)).toEqual(['2026-10-03T15:30']);
  expect(cron('30 0 * * *', 'America/Santiago', '2026-09-05T12:00:00Z', 1)).toEqual(['2026-09-06T04:00']);
});

test('a doubled time of day runs the first time only, wherever one asks from', () => {
  for (const from of ['2026-10-25T00:00:00Z', '2026-10-25T00:29:59Z']) {
    expect(cron('30 2 * * *', 'Europe/Berlin', from, 2)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
  }
  for (const from of ['2026-10-25T00:30:00Z', '2026-10-25T01:10:00Z', '2026-10-25T01:30:00Z']) {
    expect(cron('30 2 * * *', 'Europe/Berlin', from, 1)).toEqual(['2026-10-26T01:30']);
  }
  expect(cron('*/20 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 4)).toEqual([
    '2026-10-25T00:00',
    '2026-10-25T00:20',
    '2026-10-25T00:40',
    '2026-10-26T01:00',
  ]);
  expect(cron('15 23,0 * * *', 'America/Santiago', '2026-04-05T02:00:00Z', 3)).toEqual([
    '2026-04-05T02:15',
    '2026-04-05T04:15',
    '2026-04-06T03:15',
  ]);
});

test('an expression for every hour goes by the clock through a doubled hour', () => {
  expect(cron('*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:15:00Z', 5)).toEqual([
    '2026-10-25T00:30',
    '2026-10-25T01:00',
    '2026-10-25T01:30',
    '2026-10-25T02:00',
    '2026-10-25T02:30',
  ]);
  expect(cron('30 * * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', 2)).toEqual([
    '2026-03-29T00:30',
    '2026-03-29T01:30',
  ]);
});

test('days follow crontab(5): both restricted means either, an asterisk means both', () => {
  expect(cron('0 0 13 * 5', 'UTC', '2026-11-06T00:00:00Z', 4)).toEqual([
    '2026-11-13T00:00',
    '2026-11-20T00:00',
    '2026-11-27T00:00',
    '2026-12-04T00:00',
  ]);
  expect(cron('0 0 */2 * 1', 'UTC', '2026-11-01T00:00:00Z', 2)).toEqual([
    '2026-11-09T00:00',
    '2026-11-23T00:00',
  ]);
  expect(cron('0 0 ? * mon', 'UTC', '2026-11-01T00:00:00Z', 1)).toEqual(['2026-11-02T00:00']);
});

test('the rarest date is found, and what never comes ends the search', () => {
  expect(cron('0 0 29 2 *', 'UTC', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00']);
  expect(cron('0 0 */28 2 1', 'UTC', '2026-03-01T00:00:00Z', 1)).toEqual(['2027-02-01T00:00']);
  expect(cron('0 0 L-30 2 *', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  expect(cron('0 0 LW * *', 'UTC', '2026-05-02T00:00:00Z', 1)).toEqual(['2026-05-29T00:00']);
  expect(cron('0 0 1W * *', 'UTC', '2026-07-02T00:00:00Z', 1)).toEqual(['2026-08-03T00:00']);
  expect(cron('0 9 31 * *', 'Europe/Berlin', '2026-01-31T12:00:00Z', 2)).toEqual([
    '2026-03-31T07:00',
    '2026-05-31T07:00',
  ]);
});

test('every: times hang on the anchor, whenever one asks', () => {
  const slots = calendar.slots({ kind: 'every', everyMs: 90_000, anchor: 1_000_000, text: '90s' }, 'UTC');
  expect(slots.next(0)).toBe(1_000_000);
  expect(slots.next(999_999)).toBe(1_000_000);
  expect(slots.next(1_000_000)).toBe(1_090_000);
  expect(slots.next(1_089_999)).toBe(1_090_000);
});

test('missed times: the newest ones, in order, without walking through years of minutes', () => {
  const slots = calendar.slots({ kind: 'cron', cron: '* * * * *' }, 'Europe/Berlin');
  const end = iso('2026-11-21T12:00:30Z');
  expect(slotsBetween(slots, iso('1970-01-01T00:00:00Z'), end, 2)).toEqual([
    iso('2026-11-21T11:59:00Z'),
    iso('2026-11-21T12:00:00Z'),
  ]);
  const daily = calendar.slots({ kind: 'cron', cron: '0 7 * * *' }, 'Europe/Berlin');
  expect(slotsBetween(daily, iso('2026-11-11T06:00:00Z'), end, 100)).toHaveLength(11);
  expect(slotsBetween(daily, iso('2026-11-21T06:00:01Z'), end, 100)).toEqual([]);
});
