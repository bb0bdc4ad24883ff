/** Usage of one model call, out of cagent's `token_usage`. */
import type { RunEvent } from './agent.ts';
import { asNumber, asObject, asText, type JsonObject } from './json.ts';

export interface CallUsage {
  event: Extract<RunEvent, { type: 'usage' }>;
  /** Whether the provider's own figures were given, which an empty answer and a compaction lack. */
  measured: boolean;
}

/**
 * `last_message` is the call; the figures beside it are the context. Its `input_tokens` leave out what was cached, so
 * that is added. A price of 0 means that none is known, which is not the same as free.
 * @param model of the run, as `provider/model`: named where the event names none, or the same without its provider,
 *   since the owner's prices may go by the provider
 * @returns null where nothing was counted
 */
export function callUsage(usage: JsonObject, model: string): CallUsage | null {
  const last = asObject(usage.last_message);
  const measured = usage.last_message !== undefined && usage.last_message !== null;
  const source = measured ? last : usage;
  const cached = asNumber(last.cached_input_tokens);
  const written = asNumber(last.cached_write_tokens);
  const inputTokens = asNumber(source.input_tokens) + cached + written;
  const outputTokens = asNumber(source.output_tokens);
  if (inputTokens === 0 && outputTokens === 0) return null;
  const cost = asNumber(last.Cost ?? last.cost);
  const named = asText(last.Model ?? last.model);
  return {
    measured,
    event: {
      type: 'usage',
      inputTokens,
      outputTokens,
      ...(cached > 0 ? { cachedTokens: cached } : {}),
      ...(written > 0 ? { cacheWriteTokens: written } : {}),
      ...(cost > 0 ? { costUsd: cost } : {}),
      model: (model.endsWith(`/${named}`) ? model : named) || model || 'unknown',
    },
  };
}
