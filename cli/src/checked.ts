/** What the owner typed, held against the schema of the request that it becomes. */
import { plainIssue } from '@mobyclaw/lib/plain-issue';
import { asSentence } from '@mobyclaw/lib/sentence';
import type * as z from 'zod';
import { UsageError } from './cli-error.ts';

/**
 * @param nameOf how the owner calls a field of the request, such as `--proof`; '' where the message says all
 * @throws UsageError with each fault, one a line
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, nameOf: (field: string) => string): T {
  const result = schema.safeParse(value, { error: plainIssue });
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => {
    const name = nameOf(String(path[0] ?? ''));
    return asSentence(name === '' ? message : `${name}: ${message}`);
  });
  throw new UsageError(faults.join('\n'));
}

/** For a prompt, whose words have no name on the command line. */
export function promptField(field: string): string {
  return { session: '--session', attachments: '--file' }[field] ?? '';
}
