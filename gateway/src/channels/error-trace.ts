/**
 * What may be logged of an error that nobody expected: its name, its code and where it came from, without its message.
 * Those of HTTP libraries hold addresses, which hold tokens, and those of parsers hold what a person wrote.
 */
const MOST_FRAMES = 6;

export interface ErrorTrace {
  name: string | undefined;
  code: unknown;
  at: string[] | undefined;
}

export function traceOf(error: unknown): ErrorTrace {
  const { name, code, stack } = (error ?? {}) as { name?: string; code?: unknown; stack?: string };
  const frames = stack?.split('\n').filter((line) => line.startsWith('    at '));
  return { name, code, at: frames?.slice(0, MOST_FRAMES) };
}
