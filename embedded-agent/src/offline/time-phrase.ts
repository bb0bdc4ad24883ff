/**
 * Times as people say them, in English: "in 10 minutes", "tomorrow at nine", "every weekday at 7:30". What a phrase means
 * is known without a clock; when that is, from the time that the `now` tool tells, in the owner's zone.
 */

/** What the owner's clock shows. */
export interface OwnersTime {
  /** Milliseconds since the epoch. */
  instant: number;
  /** There, as YYYY-MM-DD. */
  day: string;
  /** There, since midnight. */
  minutes: number;
}

export type TimePhrase =
  | { kind: 'span'; ms: number }
  | { kind: 'every'; duration: string }
  | { kind: 'weekly'; days: string; minutes: number }
  | { kind: 'day'; day: 'next' | 'today' | 'tomorrow' | number | string; minutes: number };

/** A field of `schedule_create`. */
export type ScheduleTime = { at: string } | { every: string } | { cron: string };

const MINUTE_MS = 60_000;
const UNITS: Record<string, { suffix: string; ms: number; times?: number }> = {
  second: { suffix: 's', ms: 1000 },
  sec: { suffix: 's', ms: 1000 },
  minute: { suffix: 'm', ms: MINUTE_MS },
  min: { suffix: 'm', ms: MINUTE_MS },
  hour: { suffix: 'h', ms: 60 * MINUTE_MS },
  day: { suffix: 'd', ms: 1440 * MINUTE_MS },
  week: { suffix: 'd', ms: 7 * 1440 * MINUTE_MS, times: 7 },
};
const NUMBERS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
const MORNING = 9 * 60; // "tomorrow" without a time of day
const EVENING = 20 * 60;

const UNIT = `(${Object.keys(UNITS).join('|')})s?`;
const WEEKDAY = `(${WEEKDAYS.join('|')})`;

/** @returns null where these rules do not read it */
export function parseTime(text: string): TimePhrase | null {
  const phrase = text
    .trim()
    .toLowerCase()
    .replace(new RegExp(`\\b(${NUMBERS.join('|')})\\b`, 'g'), (word) => String(NUMBERS.indexOf(word) + 1))
    .replace(/\bhalf an hour\b/, '30 minutes')
    .replace(/\s+/g, ' ');
  return span(phrase) ?? repeated(phrase) ?? timeOfDay(phrase);
}

export function resolveTime(phrase: TimePhrase, now: OwnersTime): ScheduleTime {
  switch (phrase.kind) {
    case 'span':
      return { at: new Date(now.instant + phrase.ms).toISOString().replace(/\.\d+Z$/, 'Z') };
    case 'every':
      return { every: phrase.duration };
    case 'weekly':
      return { cron: `${phrase.minutes % 60} ${Math.floor(phrase.minutes / 60)} * * ${phrase.days}` };
    case 'day':
      return { at: `${dayOf(phrase, now)}T${clockText(phrase.minutes)}` };
  }
}

/** The answer of the `now` tool: `Saturday 2026-11-21 09:30 GMT+1 (Europe/Berlin), 2026-11-21T08:30:12.000Z`. */
export function readNow(answer: string): OwnersTime | null {
  const match = /(\d{4}-\d\d-\d\d) (\d\d):(\d\d) .*(\d{4}-\d\d-\d\dT[\d:.]+Z)/.exec(answer);
  if (!match) return null;
  const instant = Date.parse(match[4] ?? '');
  if (Number.isNaN(instant)) return null;
  return { instant, day: match[1] ?? '', minutes: Number(match[2]) * 60 + Number(match[3]) };
}

function span(phrase: string): TimePhrase | null {
  const match = new RegExp(`^in (an?|\\d{1,5}) ${UNIT}$`).exec(phrase);
  const unit = UNITS[match?.[2] ?? ''];
  if (!match || !unit) return null;
  return { kind: 'span', ms: count(match[1]) * unit.ms };
}

function repeated(phrase: string): TimePhrase | null {
  const interval = new RegExp(`^every(?: (\\d{1,5}))? ${UNIT}$`).exec(phrase);
  const unit = UNITS[interval?.[2] ?? ''];
  if (interval && unit) {
    return { kind: 'every', duration: `${count(interval[1]) * (unit.times ?? 1)}${unit.suffix}` };
  }
  const days = new RegExp(`^every (day|morning|evening|weekday|${WEEKDAYS.join('|')})(?: at (.+))?$`).exec(
    phrase,
  );
  const day = days?.[1];
  if (day === undefined) return null;
  const minutes = days?.[2] === undefined ? (day === 'evening' ? EVENING : MORNING) : readClock(days[2]);
  if (minutes === null) return null;
  const weekday = WEEKDAYS.indexOf(day);
  return { kind: 'weekly', days: day === 'weekday' ? '1-5' : weekday < 0 ? '*' : String(weekday), minutes };
}

function timeOfDay(phrase: string): TimePhrase | null {
  const day = `(today|tomorrow|tonight|on ${WEEKDAY}|on \\d{4}-\\d\\d-\\d\\d)`;
  const before = new RegExp(`^${day}(?: at (.+))?$`).exec(phrase);
  const after = new RegExp(`^at (.+?)(?: ${day})?$`).exec(phrase);
  const named = before?.[1] ?? after?.[2];
  const clock = before ? before[3] : after?.[1];
  if (!before && !after) return null;
  const minutes = clock === undefined ? (named === 'tonight' ? EVENING : MORNING) : readClock(clock, named);
  if (minutes === null) return null;
  return { kind: 'day', day: dayNamed(named), minutes };
}

function dayNamed(name: string | undefined): Extract<TimePhrase, { kind: 'day' }>['day'] {
  if (name === undefined) return 'next';
  if (name === 'tomorrow') return name;
  if (!name.startsWith('on ')) return 'today';
  const weekday = WEEKDAYS.indexOf(name.slice(3));
  return weekday < 0 ? name.slice(3) : weekday;
}

function dayOf({ day, minutes }: Extract<TimePhrase, { kind: 'day' }>, now: OwnersTime): string {
  const passed = minutes <= now.minutes;
  if (day === 'today') return now.day;
  if (day === 'tomorrow') return laterDay(now.day, 1);
  if (day === 'next') return laterDay(now.day, passed ? 1 : 0);
  if (typeof day === 'string') return day;
  const ahead = (day - new Date(`${now.day}T00:00:00Z`).getUTCDay() + 7) % 7;
  return laterDay(now.day, ahead === 0 && passed ? 7 : ahead);
}

function laterDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 1440 * MINUTE_MS).toISOString().slice(0, 10);
}

/** @returns minutes since midnight, or null where it is no time of day */
function readClock(text: string, day?: string): number | null {
  if (text === 'noon') return 12 * 60;
  if (text === 'midnight') return 0;
  const match = /^(\d{1,2})(?:[:.](\d\d))?(?: ?(am|pm)| o'clock)?$/.exec(text);
  if (!match) return null;
  const half = match[3] ?? (day === 'tonight' && Number(match[1]) < 12 ? 'pm' : undefined);
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  if (hour > 23 || minute > 59 || (match[3] !== undefined && (hour < 1 || hour > 12))) return null;
  return (half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0)) * 60 + minute;
}

function clockText(minutes: number): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function count(word: string | undefined): number {
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : 1;
}
