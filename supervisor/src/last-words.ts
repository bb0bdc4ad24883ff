/**
 * What a process said before it ended, as one line. Programs say it on stderr; our own parts write JSON lines on stdout
 * (lib/logger), and their last `fatal` or `error` line carries it as `reason` or as the error.
 */
import * as z from 'zod';

const logLineSchema = z.object({
  level: z.enum(['fatal', 'error']),
  msg: z.string().optional(),
  reason: z.string().optional(),
  problem: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/** @returns null where it said nothing */
export function lastWords(output: { stdout: readonly string[]; stderr: readonly string[] }): string | null {
  const plain = output.stderr.at(-1);
  if (plain !== undefined) return plain;
  for (const line of output.stdout.toReversed()) {
    const parsed = logLineSchema.safeParse(parseJson(line));
    if (!parsed.success) continue;
    const { reason, problem, err, msg } = parsed.data;
    const said = reason ?? problem ?? err?.message ?? msg;
    if (said !== undefined) return said;
  }
  return null;
}

function parseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a line that was cut, or no JSON: says nothing here
  }
}
