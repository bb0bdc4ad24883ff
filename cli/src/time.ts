/** Times as the owner reads them, in his time zone. */

/** @param iso RFC 3339 @returns such as 2026-03-01 14:05, or 2026-03-01 14:05:09 */
export function localTime(iso: string | Date, timeZone: string, { seconds = false } = {}): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: seconds ? 'medium' : 'short',
  });
  return parts.format(typeof iso === 'string' ? new Date(iso) : iso);
}

/** @returns the day there, as YYYY-MM-DD */
export function localDay(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(ms);
}

/** @returns such as 45 s, 12 min, 3 h 20 min, 2 d 4 h */
export function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @param at RFC 3339 @returns such as in 3 h 12 min, 5 min ago, now */
export function fromNow(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  if (seconds === 0) return 'now';
  const span = ago(Math.abs(seconds) * 1000);
  return seconds > 0 ? `in ${span}` : `${span} ago`;
}
