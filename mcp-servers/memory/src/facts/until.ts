/**
 * Facts that say themselves how long they hold: "lives in Paris until March" is past in April. A day or month without a year is
 * the next one after it was said; where nobody knows when that was, nothing is claimed. English, and German "bis".
 */
import { fold } from '@mobyclaw/recall/words';

const MONTHS = [
  ...[
    'january|januar|jan',
    'february|februar|feb',
    'march|marz|mar',
    'april|apr',
    'may|mai',
    'june|juni|jun',
  ],
  ...[
    'july|juli|jul',
    'august|aug',
    'september|sep|sept',
    'october|oktober|oct|okt',
    'november|nov',
    'december|dezember|dec|dez',
  ],
];
const MONTH = MONTHS.join('|');
const UNTIL = String.raw`(?<![\p{L}])(?:until|till|til|bis)(?: zum)?(?: the)? (?:(?:end|ende)(?: of| des)? )?`;
const END = String.raw`(?![\p{L}\p{N}])`;
const FORMS: readonly RegExp[] = [
  new RegExp(String.raw`${UNTIL}(?<year>\d{4})-(?<number>\d\d)(?:-(?<day>\d\d))?${END}`, 'u'),
  new RegExp(
    String.raw`${UNTIL}(?<day>\d{1,2})(?:st|nd|rd|th|\.)?(?: of)? (?<month>${MONTH})\.?(?:,? (?<year>\d{4}))?${END}`,
    'u',
  ),
  new RegExp(
    String.raw`${UNTIL}(?<month>${MONTH})\.?(?: (?<day>\d{1,2})(?:st|nd|rd|th)?(?!\d))?(?:,? (?:of )?(?<year>\d{4}))?${END}`,
    'u',
  ),
  new RegExp(String.raw`${UNTIL}(?<year>(?:19|20)\d\d)${END}`, 'u'),
];
const AGAIN = /(?<![\p{L}])(?:every|each|jede[nrs]?|yearly|annually)(?![\p{L}])/u;

interface End {
  year: number | null;
  /** From 1. */
  month: number;
  day: number | null;
}

/** Whether it says how long it holds, but not in which year. */
export function needsYear(line: string): boolean {
  return endOf(line)?.year === null;
}

/**
 * @param said the day on which it was said, as YYYY-MM-DD; null where that is not known
 * @returns the last day of a fact that is past, as YYYY-MM-DD; null where it holds or does not say
 */
export function pastSince(line: string, said: string | null, today: string): string | null {
  const end = endOf(line);
  if (end === null || (end.year === null && said === null)) return null;
  const last = lastDay(end, end.year ?? yearAfter(end, said ?? today));
  return last !== null && last < today ? last : null;
}

function endOf(line: string): End | null {
  const text = fold(line);
  if (AGAIN.test(text)) return null;
  for (const form of FORMS) {
    const { year, month, number, day } = form.exec(text)?.groups ?? {};
    if (year === undefined && month === undefined) continue;
    const at = month === undefined ? Number(number ?? 12) : indexOf(month) + 1;
    return {
      year: year === undefined ? null : Number(year),
      month: at,
      day: day === undefined ? null : Number(day),
    };
  }
  return null;
}

function indexOf(month: string): number {
  return MONTHS.findIndex((names) => names.split('|').includes(month));
}

/** The first year in which the end is not before the day it was said. */
function yearAfter(end: End, said: string): number {
  const year = Number(said.slice(0, 4));
  return (lastDay(end, year) ?? said) < said ? year + 1 : year;
}

function lastDay({ month, day }: End, year: number): string | null {
  const ofMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || (day !== null && (day < 1 || day > ofMonth))) return null;
  return new Date(Date.UTC(year, month - 1, day ?? ofMonth)).toISOString().slice(0, 10);
}
