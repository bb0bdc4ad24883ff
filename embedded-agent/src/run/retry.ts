/**
 * Asks a model again that failed before its first word in a way that may pass, such as a full queue or a lost connection:
 * after 2 seconds, then twice as long, or when its provider says (`retry-after-ms`, `retry-after`), if that is soon. Where
 * another model waits to take over, soon and only what its own server may recover from, as in cagent.
 */
import { APICallError } from '@ai-sdk/provider';
import { type Clock, pause } from '@mobyclaw/lib/clock';

const FIRST_DELAY_MS = 2000;
const FIRST_DELAY_BEFORE_NEXT_MS = 200; // as in cagent
/** A full queue (429) is not among them: another model answers sooner. */
const RECOVERS: ReadonlySet<number | undefined> = new Set([undefined, 408, 500, 502, 503, 504, 529]);
const SOON_MS = 60_000; // somebody waits; what takes longer is better told

export interface RetryOptions {
  maxRetries: number;
  clock: Clock;
  signal: AbortSignal;
  /** Whether another model goes on where this one fails. */
  nextWaits?: boolean;
}

/** Whether the same request may well be answered a moment later; `undefined` is the status of a lost connection. */
export function mayRecover(error: unknown): boolean {
  return isRetryable(error) && RECOVERS.has(error.statusCode);
}

/** `x-should-retry: false` is what the SDKs of OpenAI and Anthropic take for a no; our relay says it where the budget is used up. */
function isRetryable(error: unknown): error is APICallError {
  return (
    APICallError.isInstance(error) &&
    error.isRetryable &&
    error.responseHeaders?.['x-should-retry'] !== 'false'
  );
}

/** @throws what the last try threw; the signal's reason where it is aborted */
export async function withRetries<T>(
  ask: () => Promise<T>,
  { maxRetries, clock, signal, nextWaits = false }: RetryOptions,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (retries >= maxRetries || !isRetryable(error)) throw error;
      if (nextWaits && !mayRecover(error)) throw error;
      if (nextWaits) {
        await pause(clock, FIRST_DELAY_BEFORE_NEXT_MS * 2 ** retries, signal);
        signal.throwIfAborted();
        continue;
      }
      const backoffMs = FIRST_DELAY_MS * 2 ** retries;
      const askedMs = retryAfterMs(error.responseHeaders ?? {}, clock.now());
      await pause(
        clock,
        askedMs !== null && askedMs < Math.max(SOON_MS, backoffMs) ? askedMs : backoffMs,
        signal,
      );
      signal.throwIfAborted();
    }
  }
}

/** @returns null where the provider does not say, or nothing that makes sense */
function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const inMs = Number.parseFloat(headers['retry-after-ms'] ?? '');
  const after = headers['retry-after'] ?? '';
  const inSeconds = Number.parseFloat(after);
  const ms = [inMs, inSeconds * 1000, Date.parse(after) - nowMs].find((value) => !Number.isNaN(value));
  return ms !== undefined && ms >= 0 ? ms : null;
}
