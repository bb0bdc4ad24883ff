import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Request } from 'express';

const MOST_KEY_CHARS = 200;

/** The key under which a repeat is the same turn, or null. @throws HttpProblem where it is empty or too long */
export function idempotencyKey(request: Request): string | null {
  const key = request.get('idempotency-key');
  if (key === undefined) return null;
  if (key === '' || key.length > MOST_KEY_CHARS) {
    throw new HttpProblem('bad-request', `Idempotency-Key takes 1 to ${MOST_KEY_CHARS} characters.`);
  }
  return key;
}
