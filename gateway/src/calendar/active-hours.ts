/** The hours in which the heartbeat beats, in the owner's time zone; they may cross midnight. */
import type { ZoneRules } from './zone-rules.ts';

/** In minutes of the day; `to` may be before `from`, and 1440 is midnight at the end. */
export interface ActiveHours {
  from: number;
  to: number;
}

const DAY_MINUTES = 1440;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** @throws RangeError with a hint where the text is not such a window */
export function parseActiveHours(text: string): ActiveHours {
  const match = /^([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)$/.exec(text.trim());
  const [fromHour, fromMinute, toHour, toMinute] = (match ?? []).slice(1).map(Number);
  if (fromHour !== undefined && fromMinute !== undefined && toHour !== undefined && toMinute !== undefined) {
    const hours = { from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute };
    if (hours.from < DAY_MINUTES && hours.to <= DAY_MINUTES && hours.from !== hours.to) return hours;
  }
  throw new RangeError(
    `"${text}" is not a window of hours; write for example 08:00-23:00, 22:00-06:00, or 00:00-24:00 for the whole day`,
  );
}

export function isActive({ from, to }: ActiveHours, instant: number, zone: ZoneRules): boolean {
  const local = instant + zone.at(instant).offsetMs;
  const minute = Math.floor((((local % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** The next instant at which the window opens. */
export function nextOpening({ from }: ActiveHours, after: number, zone: ZoneRules): number {
  const local = after + zone.at(after).offsetMs;
  const midnight = Math.floor(local / DAY_MS) * DAY_MS;
  for (let day = 0; ; day++) {
    const opening = zone.instantOf(midnight + day * DAY_MS + from * MINUTE_MS);
    if (opening > after) return opening;
  }
}

export function formatActiveHours({ from, to }: ActiveHours): string {
  const time = (minute: number): string =>
    [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return `${time(from)}-${time(to)}`;
}
