/** Times as the reader's browser writes them. */
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

/** As short as it is clear: the time today, else the day. @param at RFC 3339 */
export function shortTime(at: string, now = new Date()): string {
  const then = new Date(at);
  if (then.toDateString() === now.toDateString()) return time.format(then);
  return (then.getFullYear() === now.getFullYear() ? day : date).format(then);
}

export function clockTime(at: string): string {
  return time.format(new Date(at));
}

export function dayText(at: string): string {
  return date.format(new Date(at));
}

export function fullTime(at: string): string {
  return full.format(new Date(at));
}
