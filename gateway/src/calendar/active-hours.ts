/** Whether the heartbeat beats at an instant, and when it does next, in the owner's time zone. */
import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import type { ZoneRules } from './zone-rules.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

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
