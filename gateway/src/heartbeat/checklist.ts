/**
 * HEARTBEAT.md as the gateway reads it: which lines ask for anything at all, and what of it is due. Due is what the
 * list itself dates, in forms that need no model to be read:
 *
 *   20:00                          a time of day, once a day
 *   2026-12-24 or 2026-12-24 09:00 a day, a moment
 *   every 2h, every 30 minutes, hourly, daily
 *
 * Dates in the memory files count too. Everything else is looked at when something has changed.
 */
import type { ZoneRules } from '../calendar/zone-rules.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** What the list says to Moby: an example that is commented out is none of it. */
export function withoutComments(text: string): string {
  return text.replace(/<!--[\s\S]*?(?:-->|$)/g, '').trim();
}

/** The lines that say something: no comments, no headings, no rules, no bare bullets. */
export function checklistItems(text: string): string[] {
  return withoutComments(text)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !/^(?:#{1,6}(?:\s.*)?|[-*_=\s]*|(?:[-*+]|\d+[.)])\s*(?:\[[ xX]?\])?)$/.test(line));
}

const MOMENT = /\b(\d{4})-(\d\d)-(\d\d)(?:[T ,]{1,2}(\d\d):(\d\d))?\b/g;
const TIME_OF_DAY = /(?<![\d:.-])([01]?\d|2[0-3]):([0-5]\d)(?![\d-]|:\d)/g;
const EVERY = /\bevery\s+(?:(\d+)\s*)?(m|min|minutes?|h|hours?|d|days?)\b|\b(hourly|daily)\b/gi;

/**
 * @param after when the list was last read
 * @param elapsedMs from that beat's slot to this one's: a beat that starts a moment late must not put off the next
 * @param times dates and moments from elsewhere
 * @returns what fell due in (after, now], as it is written, or null
 */
export function dueItem(
  items: readonly string[],
  times: readonly string[],
  { after, now, elapsedMs = now - after }: { after: number; now: number; elapsedMs?: number },
  zone: ZoneRules,
): string | null {
  const isDue = (instant: number): boolean => instant > after && instant <= now;
  for (const line of [...items, ...times]) {
    for (const [text, year, month, day, hour, minute] of line.matchAll(MOMENT)) {
      const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
      const local = date + (Number(hour ?? 0) * 60 + Number(minute ?? 0)) * MINUTE_MS;
      if (isDue(zone.instantOf(local))) return text;
    }
  }
  for (const item of items) {
    const line = item.replace(MOMENT, '');
    const today = Math.floor((now + zone.at(now).offsetMs) / DAY_MS) * DAY_MS;
    for (const [text, hour, minute] of line.matchAll(TIME_OF_DAY)) {
      const local = today + (Number(hour) * 60 + Number(minute)) * MINUTE_MS;
      if (isDue(zone.instantOf(local)) || isDue(zone.instantOf(local - DAY_MS))) return text;
    }
    for (const [text, count, unit, word] of line.matchAll(EVERY)) {
      const unitMs = { m: MINUTE_MS, h: 3_600_000, d: DAY_MS }[(word ?? unit ?? 'd').charAt(0).toLowerCase()];
      if (elapsedMs >= Number(count ?? 1) * (unitMs ?? DAY_MS)) return text;
    }
  }
  return null;
}
