/**
 * The gateway's public API from the page. The cookie goes along by itself; the page holds no secret. What the gateway refuses
 * is an ApiError with its words for people; a line that is down is an OfflineError, after which the same may be asked again.
 */
import type { Problem } from '@mobyclaw/protocol/problem';
import { signal } from '@preact/signals';

/** Whether this browser is let in; null: not known yet. */
export const loggedIn = signal<boolean | null>(null);

export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** Stable name of the kind of error, such as `queue-full`. */
  readonly type: string;

  constructor(status: number, type: string, detail: string) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

/** Nobody answered: what was asked may have happened or not. */
export class OfflineError extends Error {
  override name = 'OfflineError';
}

export interface AskOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Makes a repeat the same request. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** @throws ApiError, OfflineError */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<T> {
  const { method = 'GET', body, idempotencyKey, signal: abort } = options;
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(abort && { signal: abort }),
      credentials: 'same-origin',
      cache: 'no-store',
    });
    text = await response.text();
  } catch (cause) {
    throw new OfflineError('Moby does not answer.', { cause });
  }
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  throw refusal(response.status, text);
}

/** @param text the body of the answer; a proxy in front may have written it */
export function refusal(status: number, text: string): ApiError | OfflineError {
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // not of ours
  }
  if (status === 401) loggedIn.value = false;
  if ([502, 503, 504].includes(status)) return new OfflineError(problem.detail ?? 'Moby does not answer.');
  const type = problem.type?.replace('/problems/', '') ?? 'unknown';
  return new ApiError(status, type, problem.detail ?? `The answer was ${status}.`);
}

/** For people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
