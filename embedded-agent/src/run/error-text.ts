/**
 * Errors of a model as one text, in the form that cagent gives them: where a provider answered with a status,
 * `POST "url": 401 Unauthorized {…}`, which the gateway reads its typed error from.
 */

import { STATUS_CODES } from 'node:http';
import { APICallError } from '@ai-sdk/provider';
import { isProviderStreamError } from '@ai-sdk/provider-utils';
import { cutText } from '@mobyclaw/lib/cut-text';
import { causes } from '../tools/mcp/connection-error.ts';

/** The model's stream ended without saying that it was complete. */
export class TruncatedStreamError extends Error {
  override name = 'TruncatedStreamError';
}

export function modelErrorText(error: unknown): string {
  return `all models failed: ${failureText(error)}`;
}

/** What one model failed with. */
export function failureText(error: unknown): string {
  return `error receiving from stream: ${describe(error)}`;
}

function describe(error: unknown): string {
  if (error instanceof Error && isReset(error)) return 'unexpected EOF';
  if (APICallError.isInstance(error) && (error.statusCode ?? 0) >= 400) {
    const code = error.statusCode ?? 0;
    const status = `${code} ${STATUS_CODES[code] ?? ''}`.trim();
    return `POST "${plainUrl(error.url)}": ${status} ${errorBody(error.responseBody ?? '')}`.trim();
  }
  if (error instanceof TruncatedStreamError) return 'unexpected EOF';
  if (APICallError.isInstance(error)) return `POST "${plainUrl(error.url)}": ${causes(error.cause ?? error)}`;
  if (error instanceof Error) {
    const { data } = error as { data?: unknown };
    return data === undefined ? causes(error) : inStream(data);
  }
  if (isProviderStreamError(error)) return inStream(error.data);
  return typeof error === 'string' ? error : inStream(error);
}

/** An error that a provider sent in its stream. */
function inStream(error: unknown): string {
  return `error while streaming: ${JSON.stringify(error)}`;
}

/** An address may hold a password before its host, or a key behind it. */
function plainUrl(address: string): string {
  if (!URL.canParse(address)) return 'the provider';
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

function isReset(error: Error): boolean {
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    if ((next as NodeJS.ErrnoException).code === 'ECONNRESET') return true;
  }
  return false;
}

/** Providers wrap what matters as `{"error": {…}}`; cagent shows the inner part. */
function errorBody(body: string): string {
  try {
    const parsed = JSON.parse(body) as { error?: unknown };
    return JSON.stringify(typeof parsed.error === 'object' && parsed.error !== null ? parsed.error : parsed);
  } catch (error) {
    if (error instanceof SyntaxError) return cutText(body, 2000);
    throw error;
  }
}
