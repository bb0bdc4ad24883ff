/**
 * A cron expression as the local times it names. node-cron reads it; here is what no parser decides: which dates it
 * means and which is the next one. Days follow crontab(5): where day of month and day of week are both restricted (no
 * leading asterisk), either is enough.
 */
import type { ParsedFields } from 'node-cron';
import { ScheduleError } from './schedule-error.ts';

const SEARCH_MONTHS = 41 * 12; // 29 February on a given weekday can be 40 years away
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const NICKNAMES: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const NEVER = (expression: string): string =>
  `"${expression}" never happens: no month that it names has that day.`;

const FIELD_HINTS: Record<string, string> = {
  minute: 'the minute is 0-59, such as 0, */15 or 5,35',
  hour: 'the hour is 0-23, such as 7 or 9-17',
  dayOfMonth: 'the day of month is 1-31, L for the last, 15W for the weekday nearest to the 15th',
  month: 'the month is 1-12 or JAN-DEC',
  dayOfWeek:
    'the day of week is 0-7 (0 and 7 are Sunday) or SUN-SAT, 5L for the last Friday, 1#2 for the second Monday',
};

export interface CronParser {
  validateDetailed(expression: string): {
    valid: boolean;
    errors: { field: string; value?: string; message: string }[];
    fields?: ParsedFields;
  };
}

export class CronFields {
  /** The hour is not restricted: it means every hour that there is, not times of day. */
  readonly everyHour: boolean;
  readonly #minutes: number[];
  readonly #hours: number[];
  readonly #months: ReadonlySet<number>;
  readonly #monthDays: readonly (number | string)[];
  readonly #weekDays: readonly (number | string)[];
  readonly #eitherDay: boolean;

  /** @throws ScheduleError naming the field that is wrong and what to write */
  constructor(expression: string, parser: CronParser) {
    const text = NICKNAMES[expression.trim().toLowerCase()] ?? expression.trim();
    const parts = text.split(/\s+/);
    if (parts.length !== 5) {
      throw new ScheduleError(
        'cron',
        `"${expression}" has ${parts.length} fields; write five: minute hour day-of-month month day-of-week, such as "0 7 * * 1-5".`,
      );
    }
    const { fields, errors } = parser.validateDetailed(text);
    if (!fields) {
      const anyMonth = parts.with(3, '*').join(' ');
      const impossible = errors[0]?.field === 'dayOfMonth' && parser.validateDetailed(anyMonth).valid;
      throw new ScheduleError('cron', impossible ? NEVER(text) : explain(text, errors[0]));
    }
    this.#minutes = ascending(fields.minute);
    this.#hours = ascending(fields.hour);
    this.#months = new Set(ascending(fields.month));
    this.#monthDays = fields.dayOfMonth;
    this.#weekDays = fields.dayOfWeek;
    this.#eitherDay = [parts[2], parts[4]].every((part) => !/^[*?]/.test(part ?? ''));
    this.everyHour = this.#hours.length === 24;
  }

  /** @returns the first named time not before `from`, both in local milliseconds; null where there is none in 40 years */
  nextLocal(from: number): number | null {
    const start = Math.ceil(from / MINUTE_MS) * MINUTE_MS;
    const date = new Date(start);
    let year = date.getUTCFullYear();
    let month = date.getUTCMonth() + 1;
    for (let searched = 0; searched <= SEARCH_MONTHS; searched++) {
      if (this.#months.has(month)) {
        const firstDay = searched === 0 ? date.getUTCDate() : 1;
        const found = this.#inMonth(year, month, firstDay, start);
        if (found !== null) return found;
      }
      month = (month % 12) + 1;
      if (month === 1) year++;
    }
    return null;
  }

  #inMonth(year: number, month: number, firstDay: number, from: number): number | null {
    const midnight = Date.UTC(year, month - 1, 1);
    const firstWeekday = new Date(midnight).getUTCDay();
    const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
    for (let day = firstDay; day <= last; day++) {
      if (!this.#isDay({ day, weekday: (firstWeekday + day - 1) % 7, last })) continue;
      const time = this.#timeOfDay(from - (midnight + (day - 1) * DAY_MS));
      if (time !== null) return midnight + (day - 1) * DAY_MS + time;
    }
    return null;
  }

  #timeOfDay(from: number): number | null {
    const earliest = Math.max(0, from / MINUTE_MS);
    for (const hour of this.#hours) {
      if (hour * 60 + 59 < earliest) continue;
      for (const minute of this.#minutes) {
        if (hour * 60 + minute >= earliest) return (hour * 60 + minute) * MINUTE_MS;
      }
    }
    return null;
  }

  #isDay(date: MonthDay): boolean {
    const byMonth = this.#monthDays.some((value) => isMonthDay(value, date));
    if (byMonth === this.#eitherDay) return byMonth;
    return this.#weekDays.some((value) => isWeekDay(value, date));
  }
}

interface MonthDay {
  day: number;
  /** 0 is Sunday. */
  weekday: number;
  /** The last day of that month. */
  last: number;
}

/** The forms that node-cron hands through: a number, L, L-3, 15W, LW. */
function isMonthDay(value: number | string, { day, weekday, last }: MonthDay): boolean {
  if (typeof value === 'number') return value === day;
  const [, base, back] = /^(L|\d+)(?:-(\d+)|W)?$/.exec(value) ?? [];
  if (base === undefined) return false;
  const target = (base === 'L' ? last : Number(base)) - Number(back ?? 0);
  if (!value.endsWith('W')) return day === target;
  if (target > last) return false;
  const targetWeekday = (weekday + target - day + 35) % 7;
  if (targetWeekday === 6) return day === (target === 1 ? 3 : target - 1);
  if (targetWeekday === 0) return day === (target === last ? target - 2 : target + 1);
  return day === target;
}

/** A number, 5L (the last Friday), 1#2 (the second Monday). */
function isWeekDay(value: number | string, { day, weekday, last }: MonthDay): boolean {
  if (typeof value === 'number') return value === weekday;
  const [, of, nth] = /^([0-7])(?:L|#(\d))$/.exec(value) ?? [];
  if (of === undefined || Number(of) % 7 !== weekday) return false;
  return nth === undefined ? day + 7 > last : Math.ceil(day / 7) === Number(nth);
}

function ascending(values: readonly (number | string)[]): number[] {
  return values.map(Number).sort((a, b) => a - b);
}

function explain(expression: string, error: { field: string; value?: string } | undefined): string {
  const hint = error && FIELD_HINTS[error.field];
  if (hint === undefined) {
    return `"${expression}" is not a cron expression; write five fields, such as "0 7 * * 1-5".`;
  }
  return `"${expression}" is not a cron expression, because of "${error?.value ?? ''}": ${hint}.`;
}
