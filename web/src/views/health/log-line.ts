/** A line of a log for people: time, level, words, then the rest. What is no JSON of ours stays as it is. */
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function lineOf(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time: at, level, msg, part: _, ...rest } = entry;
  if (typeof at !== 'string' || typeof msg !== 'string') return line;
  const more = Object.entries(rest).map(([name, value]) => `${name}=${plain(value)}`);
  return [time.format(new Date(at)), String(level).padEnd(5), msg, ...more].join('  ');
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  const error = value as { message?: string } | null;
  return typeof error?.message === 'string' ? error.message : JSON.stringify(value);
}
