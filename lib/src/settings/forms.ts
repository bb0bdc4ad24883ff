/**
 * How the texts of settings are read. Plain functions, because every command of the CLI reads all the settings at its start,
 * and to make a zod schema for each took some 25 ms of it.
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type * as z from 'zod';
import { type ActiveHours, parseActiveHours } from '../active-hours.ts';
import { parseDuration } from '../duration.ts';
import { zoneProblem } from '../time-zone.ts';

/** From the text, which has no blanks around it and is not empty, to the value. @throws FormError */
export type Form<Value> = (text: string) => Value;

/** Its message is the end of a sentence that begins with the name of the setting; it shows no secret. */
export class FormError extends Error {
  override name = 'FormError';
}

export const text: Form<string> = (value) => value;

export function oneOf<const Value extends string>(...values: readonly Value[]): Form<Value> {
  return (value) => {
    const found = values.find((one) => one === value);
    if (found !== undefined) return found;
    throw new FormError(`must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
  };
}

export function whole(least: number, most: number): Form<number> {
  return (value) => {
    if (!/^\d+$/.test(value)) throw new FormError('is not a whole number');
    const number = Number(value);
    if (number >= least && number <= most) return number;
    throw new FormError(`must be between ${least} and ${most}`);
  };
}

/** `~` is the home folder of whoever reads it. */
export const folder: Form<string> = (value) => {
  const path = value === '~' || value.startsWith('~/') ? join(homedir(), value.slice(1)) : value;
  if (isAbsolute(path)) return path;
  throw new FormError('must be an absolute path, such as ~/.mobyclaw');
};

/** In milliseconds. */
export const duration: Form<number> = (value) => explained('is not a duration: ', () => parseDuration(value));

/** In milliseconds; null for off. */
export const durationOrOff: Form<number | null> = (value) => {
  if (value === 'off') return null;
  return explained('is neither "off" nor a duration: ', () => parseDuration(value));
};

const AGE_DAYS: Record<string, number> = { d: 1, w: 7, m: 30.5, y: 365.25 };
const LEAST_DAYS = 30;

/** How long something is kept, in milliseconds: `90d`, `8w`, `6m`, `2y`; null for off. */
export const ageOrOff: Form<number | null> = (value) => {
  if (value === 'off') return null;
  const [, count, unit = ''] = /^(\d{1,4})\s*([dwmy])$/.exec(value) ?? [];
  const days = Number(count) * (AGE_DAYS[unit] ?? Number.NaN);
  if (Number.isNaN(days)) {
    throw new FormError('is neither "off" nor an age; write for example 90d, 26w, 6m (months) or 2y');
  }
  if (days >= LEAST_DAYS) return days * 86_400_000;
  throw new FormError(
    `must be at least ${LEAST_DAYS}d, or off: before that the last answers are still asked for`,
  );
};

/** Null for off. */
export const timeOfDayOrOff: Form<{ hour: number; minute: number } | null> = (value) => {
  if (value === 'off') return null;
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value);
  if (match) return { hour: Number(match[1]), minute: Number(match[2]) };
  throw new FormError('is neither "off" nor a time such as 04:00');
};

export const activeHours: Form<ActiveHours> = (value) => explained('', () => parseActiveHours(value));

export const timeZone: Form<string> = (value) => {
  const problem = zoneProblem(value);
  if (problem === null) return value;
  throw new FormError(problem);
};

/** What may be spent; null for off. */
export const capOrOff: Form<number | null> = (value) => {
  if (value === 'off') return null;
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  if (number > 0) return number;
  throw new FormError('is neither "off" nor a number above 0');
};

export const key: Form<string> = (value) => {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new FormError('has a blank or a character that no key has');
};

/** An address without the slashes at its end. */
export function url(...schemes: readonly string[]): Form<string> {
  return (value) => {
    if (URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)))
      return value.replace(/\/+$/, '');
    const begins = schemes.map((scheme) => `${scheme}://`).join(' or ');
    throw new FormError(`is not an address that begins with ${begins}`);
  };
}

/** Ids only: a name can be given up and taken by somebody else. */
export function ids(form: RegExp, write: string): Form<string[]> {
  return (value) => {
    const items = list(value);
    if (items.every((id) => form.test(id))) return items;
    throw new FormError(`must be ids with commas between: ${write}`);
  };
}

/** In lower case. */
export const hostNames: Form<string[]> = (value) => {
  const names = list(value.toLowerCase());
  if (names.every((name) => /^[a-z0-9.-]+$/.test(name))) return names;
  throw new FormError('must be host names with commas between, without port');
};

/** `mailto:` or `https:`, as a claim `sub` of RFC 8292 has it; a bare address of e-mail is meant as the first. */
export const contact: Form<string> = (value) => {
  const address = /^[^\s@:/]+@[^\s@/]+$/.test(value) ? `mailto:${value}` : value;
  const url = URL.parse(address);
  if (url?.protocol === 'https:' || (url?.protocol === 'mailto:' && /^[^@]+@[^@]+$/.test(url.pathname)))
    return address;
  throw new FormError('must be an e-mail address, or an address that begins with https://');
};

/** What a schema of the protocol takes. */
export function asIn<Value>(schema: z.ZodType<Value>): Form<Value> {
  return (value) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new FormError(parsed.error.issues[0]?.message ?? 'cannot be read');
  };
}

function list(value: string): string[] {
  return value.split(',').flatMap((item) => item.trim() || []);
}

/** @param read throws a RangeError that says what is wrong */
function explained<Value>(begin: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new FormError(begin + error.message, { cause: error });
  }
}
