/** Arguments for the schedule tools, from a time as people say it. The tools' schemas say which form of it they take. */
const UNITS: Record<string, { short: string; ms: number }> = {
  second: { short: 's', ms: 1000 },
  minute: { short: 'm', ms: 60_000 },
  hour: { short: 'h', ms: 3_600_000 },
  day: { short: 'd', ms: 86_400_000 },
};

export interface ReminderTime {
  kind: 'in' | 'every' | 'at';
  /** `10m`, or an RFC 3339 time. */
  text: string;
}

/** @returns null where the time is not one that these rules read */
export function readTime(when: string, now: number): ReminderTime | null {
  const span = /^(in|every)\s+(a|an|one|\d+)?\s*(second|sec|minute|min|hour|day)s?\b/i.exec(when);
  if (span) {
    const count = /^\d+$/.test(span[2] ?? '') ? Number(span[2]) : 1;
    const name = (span[3] ?? '').toLowerCase();
    const unit = UNITS[name === 'sec' ? 'second' : name === 'min' ? 'minute' : name];
    if (!unit) return null;
    return { kind: span[1]?.toLowerCase() === 'every' ? 'every' : 'in', text: `${count}${unit.short}` };
  }
  const clock = /^(tomorrow )?(?:at )?(\d{1,2})(?::(\d{2}))?\s*(am|pm)?\b/i.exec(when);
  if (!clock) return null;
  const hour = (Number(clock[2]) % 12) + (clock[4]?.toLowerCase() === 'pm' ? 12 : 0);
  const date = new Date(now);
  date.setHours(clock[4] ? hour : Number(clock[2]), Number(clock[3] ?? 0), 0, 0);
  if (clock[1] || date.getTime() <= now) date.setDate(date.getDate() + 1);
  return { kind: 'at', text: date.toISOString() };
}

/** Milliseconds of `10m`. */
export function spanMs(text: string): number {
  const unit = Object.values(UNITS).find(({ short }) => text.endsWith(short));
  return Number.parseInt(text, 10) * (unit?.ms ?? 0);
}
