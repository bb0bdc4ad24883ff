/**
 * Reads out of a question which days it is about: "last week", "in March", "yesterday", "two months ago", 2026-03-14. Such
 * words lead to what was said then; they are not looked for themselves. Days are the owner's, as YYYY-MM-DD. English and
 * dates in figures; in other languages the asker gives the range himself.
 */
export interface DayRange {
  /** First and last day, both within; open where missing. */
  from?: string;
  to?: string;
}

export interface TimeOfQuestion {
  range: DayRange | null;
  /** The question without the words that told the time. */
  rest: string;
}

const MONTHS = 'january|february|march|april|may|june|july|august|september|october|november|december'.split(
  '|',
);
const WEEKDAYS = 'sunday|monday|tuesday|wednesday|thursday|friday|saturday'.split('|');
const NUMBERS = 'one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve'.split('|');

const COUNT = `(\\d{1,3}|an?|${NUMBERS.join('|')}|a couple of|a few)`;
const MONTH = `(${MONTHS.join('|')})`;
const DIRECTION = '(in|on|during|since|until|till|before|after|of|last|this)';

type Reader = (match: RegExpExecArray, today: string) => DayRange | null;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [pattern(`${DIRECTION}? ?(\\d{4}-\\d{2}-\\d{2})`), ([, word, day = '']) => turned(word, day, day)],
  [
    pattern(`${DIRECTION}? ?(\\d{4})-(\\d{2})(?!-)`),
    ([, word, year, month]) => turned(word, ...monthOf(Number(year), Number(month) - 1)),
  ],
  [
    pattern(`${DIRECTION}? ?${MONTH} (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?`),
    ([, word, month, day, year], today) => dayInMonth(word, month, day, year, today),
  ],
  [
    pattern(`${DIRECTION}? ?(?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH}(?:,? (\\d{4}))?`),
    ([, word, day, month, year], today) => dayInMonth(word, month, day, year, today),
  ],
  [
    pattern(`${DIRECTION} (?:early |late |mid )?${MONTH}(?:,?(?: of)? (\\d{4}))?`),
    ([, word, month = '', year], today) => {
      const at = MONTHS.indexOf(month);
      const latest = Number(today.slice(0, 4)) - (at > Number(today.slice(5, 7)) - 1 ? 1 : 0);
      return turned(word, ...monthOf(year === undefined ? latest : Number(year), at));
    },
  ],
  [
    pattern(`${DIRECTION} ((?:19|20)\\d{2})(?!-)`),
    ([, word, year]) => turned(word, `${year}-01-01`, `${year}-12-31`),
  ],
  [pattern('the day before yesterday'), (_match, today) => only(daysFrom(today, -2))],
  [
    pattern('yesterday(?: morning| evening| afternoon| night)?'),
    (_match, today) => only(daysFrom(today, -1)),
  ],
  [pattern('last night'), (_match, today) => ({ from: daysFrom(today, -1), to: today })],
  [pattern('(?:today|tonight|this (?:morning|afternoon|evening))'), (_match, today) => only(today)],
  [
    pattern(`(?:in )?(?:the )?(?:last|past) ${COUNT} (day|week|month|year)s?`),
    ([, count, unit = ''], today) => ({ from: moved(today, unit, -numberOf(count)), to: today }),
  ],
  [
    pattern(`${COUNT} (day|week|month|year)s? ago`),
    ([, count, unit = ''], today) => around(moved(today, unit, -numberOf(count)), unit),
  ],
  [
    pattern('(this|last|past) (week|weekend|month|year)'),
    ([, which, unit = ''], today) => period(today, unit, which === 'this' ? 0 : -1),
  ],
  [
    pattern(`(?:on |last |this )(${WEEKDAYS.join('|')})`),
    ([, name = ''], today) => {
      const back = (weekday(today) - WEEKDAYS.indexOf(name) + 7) % 7;
      return only(daysFrom(today, -(back === 0 ? 7 : back)));
    },
  ],
];

/** @param today YYYY-MM-DD */
export function timeOf(question: string, today: string): TimeOfQuestion {
  for (const [form, read] of READERS) {
    const match = form.exec(question.toLowerCase());
    const range = match && read(match, today);
    if (match && range) {
      const before = question.slice(0, match.index);
      const after = question.slice(match.index + match[0].length);
      return { range, rest: `${before} ${after}`.replace(/\s+/g, ' ').trim() };
    }
  }
  return { range: null, rest: question };
}

const PRESENT = pattern(
  '(?:now|nowadays|currently|still|these days|at the moment|at present|(?:the )?latest|most recent(?:ly)?)',
);

/** Whether it asks how things are, so that of two that match much alike the newer counts. */
export function isAboutPresent(question: string): boolean {
  return PRESENT.test(question.toLowerCase());
}

/** @returns undefined where neither end is given */
export function dayRange(from: string | undefined, to: string | undefined): DayRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** @param at YYYY-MM-DD, with or without a time of day; null is never within */
export function isWithin(at: string | null, { from, to }: DayRange): boolean {
  if (at === null) return false;
  const day = at.slice(0, 10);
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}

function pattern(source: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${source}(?![\\p{L}\\p{N}])`, 'u');
}

/** @param word the preposition, which may open the range to one side */
function turned(word: string | undefined, from: string, to: string): DayRange | null {
  if (!isDay(from) || !isDay(to)) return null;
  if (word === 'since') return { from };
  if (word === 'after') return { from: daysFrom(to, 1) };
  if (word === 'before') return { to: daysFrom(from, -1) };
  if (word === 'until' || word === 'till') return { to };
  return { from, to };
}

function dayInMonth(
  word: string | undefined,
  month = '',
  day = '',
  year: string | undefined,
  today: string,
): DayRange | null {
  const of = (which: number): string => `${which}-${two(MONTHS.indexOf(month) + 1)}-${two(Number(day))}`;
  const thisYear = Number(today.slice(0, 4));
  const date =
    year === undefined ? (of(thisYear) > today ? of(thisYear - 1) : of(thisYear)) : of(Number(year));
  return turned(word, date, date);
}

function monthOf(year: number, month: number): [string, string] {
  const first = `${year}-${two(month + 1)}-01`;
  return isDay(first) ? [first, daysFrom(moved(first, 'month', 1), -1)] : [first, first];
}

function period(today: string, unit: string, which: number): DayRange {
  if (unit === 'year') {
    const year = Number(today.slice(0, 4)) + which;
    return { from: `${year}-01-01`, to: `${year}-12-31` };
  }
  if (unit === 'month') {
    const first = moved(`${today.slice(0, 7)}-01`, 'month', which);
    return { from: first, to: daysFrom(moved(first, 'month', 1), -1) };
  }
  const monday = daysFrom(today, -((weekday(today) + 6) % 7) + 7 * which);
  return unit === 'week'
    ? { from: monday, to: daysFrom(monday, 6) }
    : { from: daysFrom(monday, 5), to: daysFrom(monday, 6) };
}

/** "Three weeks ago" is no day: as far around it as people mean. */
function around(day: string, unit: string): DayRange {
  const spread = { day: 1, week: 4, month: 15, year: 60 }[unit] ?? 1;
  return { from: daysFrom(day, -spread), to: daysFrom(day, spread) };
}

function numberOf(text = ''): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (text === 'a few') return 3;
  if (text === 'a couple of') return 2;
  return Math.max(1, NUMBERS.indexOf(text) + 1); // "a", "an"
}

function only(day: string): DayRange {
  return { from: day, to: day };
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T12:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function daysFrom(day: string, days: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

function moved(day: string, unit: string, count: number): string {
  if (unit === 'day') return daysFrom(day, count);
  if (unit === 'week') return daysFrom(day, 7 * count);
  const date = new Date(`${day}T12:00:00Z`);
  const wanted = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + (unit === 'year' ? 12 * count : count));
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wanted, last)); // a month before the 31st may have no such day
  return date.toISOString().slice(0, 10);
}

function weekday(day: string): number {
  return new Date(`${day}T12:00:00Z`).getUTCDay();
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
