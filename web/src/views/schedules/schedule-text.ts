/** A schedule in words, and its times as its time zone has them. */
import type { JobView } from '@mobyclaw/protocol/job';
import { t } from '../../texts.ts';
import { fullTime } from '../../ui/time-text.ts';

const WEEKDAYS = /^\d{1,2}$/;

export function whenText({
  at,
  every,
  cron,
  timeZone,
}: Pick<JobView, 'at' | 'every' | 'cron' | 'timeZone'>): string {
  if (at !== undefined) return t.schedules.once(fullTime(at));
  if (every !== undefined) return t.schedules.every(every);
  return `${cronText(cron ?? '')}${timeZone === ownTimeZone() ? '' : ` · ${timeZone}`}`;
}

/** The usual ones in words; any other one as it is written. */
export function cronText(cron: string): string {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().split(/\s+/);
  if (!WEEKDAYS.test(minute) || !WEEKDAYS.test(hour) || month !== '*') return t.schedules.cron(cron);
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (day === '*' && weekday === '*') return t.schedules.daily(time);
  if (day === '*' && /^(1-5|mon-fri)$/i.test(weekday)) return t.schedules.workdays(time);
  if (day === '*' && /^[0-7]$/.test(weekday)) return t.schedules.weekly(weekdayName(Number(weekday)), time);
  if (weekday === '*' && WEEKDAYS.test(day)) return t.schedules.monthly(Number(day), time);
  return t.schedules.cron(cron);
}

/** @param day 0 or 7: Sunday */
export function weekdayName(day: number): string {
  return new Intl.DateTimeFormat(undefined, { weekday: 'long', timeZone: 'UTC' }).format(
    Date.UTC(2023, 0, 1 + (day % 7)), // the first of 2023 was a Sunday
  );
}

export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A time as the wall clock of its zone shows it. @param at RFC 3339 */
export function zonedTime(at: string, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(new Date(at));
}
