/** Errors at the HTTP edge, as RFC 9457 `application/problem+json`. */
import * as z from 'zod';

export const PROBLEM_TYPES = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'role-needed': 409,
  'idempotency-mismatch': 422,
  'payload-too-large': 413,
  'unsupported-media-type': 415,
  'validation-failed': 422,
  'turn-failed': 422,
  'queue-full': 429,
  'budget-exceeded': 429,
  'too-many-logins': 429,
  internal: 500,
  'agent-error': 502,
  'memory-error': 502,
  'egress-error': 502,
  draining: 503,
  'storage-full': 507,
} as const;

export type ProblemType = keyof typeof PROBLEM_TYPES;

export const problemSchema = z
  .object({
    type: z.string().describe('/problems/<name>, a stable name of the kind of error'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('what happened and what to do next'),
    turn: z.string().optional().describe('the turn it is about'),
    code: z.string().optional().describe('the agent error code, where the turn failed'),
    partial: z.string().optional().describe('text that came before the turn failed'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;
