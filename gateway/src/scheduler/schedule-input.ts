/** Reads the schedule of a request. Everything that could never run, or not as meant, is refused with the reason. */
import { parseDuration } from '@mobyclaw/lib/duration';
import type { Calendar } from '../calendar/calendar.ts';
import { checkSteps } from '../calendar/cron-steps.ts';
import type { Schedule } from '../calendar/schedule.ts';
import { ScheduleError } from '../calendar/schedule-error.ts';
import { readNearTime } from './near-time.ts';

const SHORTEST_EVERY_MS = 1000;
const LONGEST_EVERY_MS = 10 * 366 * 86_400_000;
const LAST_YEAR = 2200;
const AGO_UNTIL_S = 172_800; // what is further away is told by its date

export interface ScheduleInput {
  at?: string | undefined;
  every?: string | undefined;
  start?: string | undefined;
  cron?: string | undefined;
}

/** @throws ScheduleError */
export function readSchedule(
  input: ScheduleInput,
  timeZone: string,
  now: number,
  calendar: Calendar,
): Schedule {
  const kinds = (['at', 'every', 'cron'] as const).filter((kind) => input[kind] !== undefined);
  if (kinds.length !== 1) {
    const given = kinds.length === 0 ? 'None is given' : `${kinds.join(' and ')} are given`;
    throw new ScheduleError('schedule', `Write exactly one of at, every and cron. ${given}.`);
  }
  if (input.start !== undefined && input.every === undefined) {
    throw new ScheduleError('start', 'start goes with every; for a single time write at.');
  }
  calendar.zone(timeZone);
  if (input.at !== undefined) {
    const at = readTime('at', input.at, timeZone, calendar, now);
    if (at <= now)
      throw new ScheduleError('at', `${passed(input.at, at, now, timeZone, calendar)} Write a time to come.`);
    return { kind: 'at', at };
  }
  if (input.cron !== undefined) {
    const cron = input.cron.trim().replace(/\s+/g, ' ');
    checkSteps(cron);
    if (calendar.slots({ kind: 'cron', cron }, timeZone).next(now) === null) {
      throw new ScheduleError('cron', `"${cron}" never happens within the next 40 years.`);
    }
    return { kind: 'cron', cron };
  }
  const text = (input.every ?? '').trim();
  const everyMs = readDuration('every', text);
  if (everyMs < SHORTEST_EVERY_MS || everyMs > LONGEST_EVERY_MS) {
    throw new ScheduleError('every', `every is at least 1s and at most 3660d; "${text}" is not.`);
  }
  const anchor =
    input.start === undefined ? now + everyMs : readTime('start', input.start, timeZone, calendar, now);
  return { kind: 'every', everyMs, anchor, text };
}

/** @returns milliseconds @throws ScheduleError */
export function readDuration(field: string, text: string): number {
  try {
    return Math.round(parseDuration(text));
  } catch (error) {
    if (error instanceof RangeError) throw new ScheduleError(field, `${field}: ${error.message}.`);
    throw error;
  }
}

const TIME_FORM =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?([Zz]|[+-]\d\d:\d\d)?$/;

/**
 * A moment: as RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339#section-5.6), without offset as local time in the zone, or as
 * `near-time.ts` has it.
 * @returns milliseconds since the epoch
 * @throws ScheduleError where it is none or where that date does not exist
 */
export function readTime(
  field: string,
  text: string,
  timeZone: string,
  calendar: Calendar,
  now: number,
): number {
  const near = readNearTime(text, timeZone, now, calendar);
  if (near !== null) return near;
  const match = TIME_FORM.exec(text.trim());
  if (!match) {
    throw new ScheduleError(
      field,
      `"${text}" is not a time. Write 20m, 18:00 or tomorrow 9:00, or a date such as 2026-12-24T18:00 for ${timeZone}, 2026-12-24T18:00:00+01:00 with an offset.`,
    );
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const monthDays = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
  if (day < 1 || day > monthDays) {
    throw new ScheduleError(field, `"${text}" is not a date: ${dayHint(year, month, monthDays)}.`);
  }
  if (hour > 23 || minute > 59 || second > 59) {
    throw new ScheduleError(field, `"${text}" is not a time of day; it goes from 00:00:00 to 23:59:59.`);
  }
  if (year > LAST_YEAR)
    throw new ScheduleError(field, `"${text}" is too far away; the last year is ${LAST_YEAR}.`);
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const offset = match[8];
  if (offset === undefined) return calendar.zone(timeZone).instantOf(local);
  if (/z/i.test(offset)) return local;
  const [hours, minutes] = offset.slice(1).split(':').map(Number) as [number, number];
  if (hours > 23 || minutes > 59)
    throw new ScheduleError(field, `"${offset}" in "${text}" is not an offset.`);
  return local - (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function dayHint(year: number, month: number, days: number): string {
  if (days === 0) return 'the month goes from 01 to 12';
  const name = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(year, month - 1),
  );
  return `${name} ${year} has ${days} days`;
}

function passed(text: string, at: number, now: number, timeZone: string, calendar: Calendar): string {
  const isNow = `it is now ${calendar.localText(now, timeZone)} in ${timeZone}`;
  const seconds = Math.round((now - at) / 1000);
  if (seconds >= AGO_UNTIL_S) {
    return `"${text}" has passed, on ${calendar.localText(at, timeZone).slice(0, 10)}; ${isNow}.`;
  }
  const [amount, unit] =
    seconds < 120
      ? [seconds, 's']
      : seconds < 7200
        ? [Math.round(seconds / 60), 'min']
        : [Math.round(seconds / 3600), 'h'];
  return `"${text}" has passed, ${amount} ${unit} ago; ${isNow}.`;
}
