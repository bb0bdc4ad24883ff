import type { z } from 'zod';
import { HttpProblem } from './http-problem.ts';

/** @throws HttpProblem naming each field that is wrong */
export function validate<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const detail = errors
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
  throw new HttpProblem('validation-failed', detail, { errors });
}
