/** A body that came over HTTP, held against its schema. */
import type * as z from 'zod';
import { HttpProblem } from './http-problem.ts';
import { plainFaults, plainIssue } from './plain-issue.ts';

/** @throws HttpProblem saying what is wrong with it */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: plainIssue });
  if (parsed.success) return parsed.data;
  throw new HttpProblem('validation-failed', `${plainFaults(parsed.error).join('; ')}.`);
}
