/**
 * When a job runs: the times of a schedule after any given moment. Pure: reads no clock and no store.
 *
 * Daylight saving time, for cron: a named time of day that is skipped happens at the first instant after the gap, one
 * that is doubled happens the first time. An expression for every hour names no times of day, so it goes on through both
 * passes of a doubled hour: "every 15 minutes" stays every 15 minutes. Times that fall together happen once.
 */
import type { CronFields } from './cron-fields.ts';
import type { ZoneRules } from './zone-rules.ts';

/** As it is kept; times in milliseconds since the epoch. */
export type Schedule =
  | { kind: 'at'; at: number }
  /** `text` is the duration as it was written. */
  | { kind: 'every'; everyMs: number; anchor: number; text: string }
  | { kind: 'cron'; cron: string };

export interface Slots {
  /** The first time after `after`; null where there is none. */
  next(after: number): number | null;
}

export function atSlots(at: number): Slots {
  return { next: (after) => (after < at ? at : null) };
}

/** The anchor itself is a slot. */
export function everySlots(everyMs: number, anchor: number): Slots {
  return {
    next: (after) =>
      after < anchor ? anchor : anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs,
  };
}

export function cronSlots(fields: CronFields, zone: ZoneRules): Slots {
  return { next: (after) => nextCronSlot(fields, zone, after) };
}

function nextCronSlot(fields: CronFields, zone: ZoneRules, after: number): number | null {
  const once = !fields.everyHour;
  let segment = zone.at(after);
  let local = after + segment.offsetMs + 1;
  if (once && segment.from > Number.NEGATIVE_INFINITY) {
    local = Math.max(local, segment.from + zone.at(segment.from - 1).offsetMs); // the rest has had its turn
  }
  for (;;) {
    const found = fields.nextLocal(local);
    if (found === null) return null;
    if (found - segment.offsetMs < segment.to) return found - segment.offsetMs;
    const next = zone.after(segment);
    const endsAt = segment.to + segment.offsetMs;
    const beginsAt = next.from + next.offsetMs;
    if (once && found < beginsAt) return next.from;
    local = once ? Math.max(endsAt, beginsAt) : beginsAt;
    segment = next;
  }
}

/** The schedule within its end. */
export function endingAt(slots: Slots, until: number | null): Slots {
  if (until === null) return slots;
  return {
    next: (after) => {
      const slot = slots.next(after);
      return slot !== null && slot <= until ? slot : null;
    },
  };
}

/**
 * The newest `limit` slots in [from, to], oldest first. Looks back in windows that double, so that ten years of minutes
 * cost no more than the last few.
 */
export function slotsBetween(slots: Slots, from: number, to: number, limit: number): number[] {
  for (let windowMs = 60_000; ; windowMs *= 2) {
    const begin = Math.max(from, to - windowMs);
    const found: number[] = [];
    for (let slot = slots.next(begin - 1); slot !== null && slot <= to; slot = slots.next(slot))
      found.push(slot);
    if (begin === from || found.length >= limit) return found.slice(-limit);
  }
}

/** @returns up to `count` times after `after` */
export function upcoming(slots: Slots, after: number, count: number): number[] {
  const found: number[] = [];
  for (let slot = slots.next(after); slot !== null && found.length < count; slot = slots.next(slot))
    found.push(slot);
  return found;
}
