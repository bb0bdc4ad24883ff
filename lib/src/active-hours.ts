/** The hours of the day in which the heartbeat beats; they may cross midnight. */

/** In minutes of the day; `to` may be before `from`, and 1440 is midnight at the end. */
export interface ActiveHours {
  from: number;
  to: number;
}

const DAY_MINUTES = 1440;

/** @throws RangeError, the end of a sentence that begins with the text or what it is for */
export function parseActiveHours(text: string): ActiveHours {
  const match = /^([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)$/.exec(text.trim());
  const [fromHour, fromMinute, toHour, toMinute] = (match ?? []).slice(1).map(Number);
  if (fromHour !== undefined && fromMinute !== undefined && toHour !== undefined && toMinute !== undefined) {
    const hours = { from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute };
    if (hours.from < DAY_MINUTES && hours.to <= DAY_MINUTES && hours.from !== hours.to) return hours;
  }
  throw new RangeError(
    'is not a span of the day such as 08:00-23:00 or 22:00-06:00, or 00:00-24:00 for all of it',
  );
}
