import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type * as z from 'zod';

/** @throws HttpProblem naming each field that is wrong */
export function validate<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input, { error: plainIssue });
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new HttpProblem('validation-failed', plainFaults(result.error).join('; '), { errors });
}
