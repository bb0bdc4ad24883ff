/**
 * Marks that stand beside the forms in the full-text index and say where and when a piece was said, so that a search within some
 * sources or days is a search for one more word and not a look at each match. No text gives a form with such a sign.
 */
import type { DayRange } from './time-words.ts';

const MOST_DAYS = 31;
const MOST_MONTHS = 24;
const MOST_YEARS = 100;
const DAY_MS = 86_400_000;

/** Which pieces may be found at all. */
export interface Limits {
  /** Ids of sources; null: all. */
  only: readonly number[] | null;
  /** Ids of sources that are left out. */
  without: readonly number[];
  within?: DayRange | undefined;
}

/** @param at YYYY-MM-DD, with or without a time of day */
export function marksOf(source: number, at: string | null): string {
  const place = `§${source}`;
  if (at === null) return place;
  const [year, month, day] = at.slice(0, 10).split('-');
  return `${place} ·${year} ·${year}${month} ·${year}${month}${day}`;
}

/**
 * An FTS5 expression of what lies within the limits; days may reach as far as the months or years they are in.
 * @param match an expression; empty: everything
 * @returns empty where that is everything there is
 */
export function limited(match: string, { only, without, within }: Limits): string {
  const wanted = [
    match === '' ? '' : `(${match})`,
    only === null ? '' : anyOf(only.map((id) => `§${id}`)),
    within === undefined ? '' : anyOf(timesOf(within)),
  ].filter((part) => part !== '');
  const positive = wanted.join(' AND ');
  if (without.length === 0 || positive === '') return positive;
  return `(${positive}) NOT ${anyOf(without.map((id) => `§${id}`))}`;
}

function anyOf(marks: readonly string[]): string {
  return `(${(marks.length === 0 ? ['§'] : marks).map((mark) => `"${mark}"`).join(' OR ')})`; // a bare sign marks nothing
}

/** Days where there are few, else months, else years. */
function timesOf({ from = '1970-01-01', to = '2069-12-31' }: DayRange): string[] {
  const start = Date.parse(`${from}T00:00:00Z`);
  const days = Math.floor((Date.parse(`${to}T00:00:00Z`) - start) / DAY_MS) + 1;
  if (days <= MOST_DAYS) {
    const day = (at: number): string => new Date(start + at * DAY_MS).toISOString().slice(0, 10);
    return Array.from({ length: Math.max(0, days) }, (_, at) => `·${day(at).replaceAll('-', '')}`);
  }
  const months = monthNumber(to) - monthNumber(from) + 1;
  if (months <= MOST_MONTHS) {
    return Array.from({ length: months }, (_, at) => {
      const month = monthNumber(from) + at;
      return `·${Math.floor(month / 12)}${String((month % 12) + 1).padStart(2, '0')}`;
    });
  }
  const first = Number(from.slice(0, 4));
  const years = Math.min(MOST_YEARS, Number(to.slice(0, 4)) - first + 1);
  return Array.from({ length: years }, (_, at) => `·${first + at}`);
}

/** Months since the year 0. */
function monthNumber(day: string): number {
  return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
}
