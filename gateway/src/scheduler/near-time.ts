/**
 * Times as people type them in a terminal: `20m`, `in 2 hours`, `18:00`, `tomorrow 9:00`, `fri 8am`. The next such moment is
 * meant. Whatever says more, in whatever language, is for Moby to understand and to write as a date.
 */
import type { Calendar } from '../calendar/calendar.ts';

const DAY_MS = 86_400_000;
const UNITS: readonly [names: RegExp, ms: number][] = [
  [/^s(ec(ond)?s?)?$/, 1000],
  [/^m(in(ute)?s?)?$/, 60_000],
  [/^h(ours?|rs?)?$/, 3_600_000],
  [/^d(ays?)?$/, DAY_MS],
  [/^w(eeks?)?$/, 7 * DAY_MS],
];
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const FROM_NOW = /^(?:in\s+)?(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)$/;
const DAY_AND_CLOCK = /^(?:([a-z]+)\s+(?:at\s+)?)?(\d{1,2})(?:[:.](\d\d))?\s*(am|pm)?$/;

/**
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch; null where the text is of no such form
 */
export function readNearTime(text: string, timeZone: string, now: number, calendar: Calendar): number | null {
  const plain = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const [, amount, unit = ''] = FROM_NOW.exec(plain) ?? [];
  const unitMs = UNITS.find(([names]) => names.test(unit))?.[1];
  if (amount !== undefined && unitMs !== undefined) return now + Math.round(Number(amount) * unitMs);

  const [, day = '', hour = '', minute, half] = DAY_AND_CLOCK.exec(plain) ?? [];
  const timeOfDay = timeOfDayOf(hour, minute, half);
  if (timeOfDay === null) return null;
  const zone = calendar.zone(timeZone);
  const local = now + zone.at(now).offsetMs;
  const today = local - (((local % DAY_MS) + DAY_MS) % DAY_MS);
  const on = (days: number): number => zone.instantOf(today + days * DAY_MS + timeOfDay);
  if (day === 'today') return on(0);
  if (day === 'tomorrow') return on(1);
  if (day === '') return on(0) > now ? on(0) : on(1);
  const weekday = WEEKDAYS.findIndex((name) => day.length >= 3 && name.startsWith(day));
  if (weekday === -1) return null;
  const ahead = (weekday - new Date(today).getUTCDay() + 7) % 7;
  return on(ahead) > now ? on(ahead) : on(ahead + 7);
}

/** @returns milliseconds after midnight; null where it is no time of day, such as a bare number */
function timeOfDayOf(
  hourText: string,
  minuteText: string | undefined,
  half: string | undefined,
): number | null {
  if (hourText === '' || (minuteText === undefined && half === undefined)) return null;
  const hour = Number(hourText);
  const minute = Number(minuteText ?? 0);
  if (minute > 59 || hour > (half ? 12 : 23) || (half && hour === 0)) return null;
  const hours = half ? (hour % 12) + (half === 'pm' ? 12 : 0) : hour;
  return (hours * 60 + minute) * 60_000;
}
