/** A moment as the calendar and the clock of a time zone show it. */

export interface LocalTime {
  /** YYYY-MM-DD */
  date: string;
  /** HH:MM, 24 hours */
  time: string;
  /** Monday … Sunday */
  weekday: string;
  /** Such as GMT+1; GMT at zero. */
  offset: string;
}

/** @param moment milliseconds since the epoch @throws RangeError where there is no such time zone */
export function localTime(moment: number, timeZone: string): LocalTime {
  const parts = formatFor(timeZone).formatToParts(moment);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((candidate) => candidate.type === type)?.value ?? '';
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
    weekday: part('weekday'),
    offset: part('timeZoneName'),
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once for each time zone: making one takes a quarter of a millisecond, which each first token would wait for. */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'long',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'shortOffset',
    });
    formats.set(timeZone, format);
  }
  return format;
}
