/** What a part answers to the gateway beside `/mcp`, as JSON in both directions. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type * as z from 'zod';

export interface RouteRequest {
  query: Readonly<Record<string, string>>;
  /** As parsed; undefined where none was sent. */
  body: unknown;
  /** Aborted when the client has left or has its answer. */
  gone: AbortSignal;
}

export interface Route {
  method: 'GET' | 'POST';
  /** Exact. */
  path: string;
  /** @returns the body of the answer @throws HttpProblem for what the caller is told */
  answer(request: RouteRequest): unknown;
}

/** @throws HttpProblem saying what is wrong with it */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: plainIssue });
  if (parsed.success) return parsed.data;
  throw new HttpProblem('validation-failed', `${plainFaults(parsed.error).join('; ')}.`);
}
