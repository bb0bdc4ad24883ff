/**
 * What model calls used, out of cagent's `token_usage`: calls of the model, and those that compact a conversation, which
 * come without figures of their own.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Generation, RunEvent } from './agent.ts';
import { asNumber, asObject, asText, type JsonObject } from './json.ts';

type UsageEvent = Extract<RunEvent, { type: 'usage' }>;

export interface CallUsage {
  event: UsageEvent;
  /** Whether the provider's own figures were given, which an empty answer and a compaction lack. */
  measured: boolean;
}

/**
 * `last_message` is the call; the figures beside it are the context. Its `input_tokens` leave out what was cached, so
 * that is added. A price of 0 means that none is known, which is not the same as free; so does one without input tokens,
 * since a proxy may send Anthropic's input where cagent does not read it.
 * @param model of the agent that called, as `provider/model`, by `agent_info`. With a routed model the newer generation
 *   names the routed one there and the base model in the call, the older one the other way round.
 * @returns null where nothing was counted
 */
export function callUsage(usage: JsonObject, model: string, generation: Generation): CallUsage | null {
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
  const trusted = generation === 'messages-object' || model.endsWith(`/${named}`);
  return {
    measured,
    event: {
      type: 'usage',
      inputTokens,
      outputTokens,
      ...(cached > 0 ? { cachedTokens: cached } : {}),
      ...(written > 0 ? { cacheWriteTokens: written } : {}),
      ...(cost > 0 && inputTokens > 0 ? { costUsd: cost } : {}),
      model: (trusted ? model || named : named || model) || 'unknown',
    },
  };
}

/** How full a session was and what it had cost, by its last `token_usage`. */
export interface SessionUse {
  contextTokens: number;
  costUsd: number;
}

/**
 * The call that compacted a session: it read the context as it was, and its cost is what the sum of the session grew by.
 * @param before the session before it, or null where that is not known
 * @param summaryCost as `session_summary` says it, since v1.110
 * @returns null where nothing can be told
 */
export function compactionUsage(
  usage: JsonObject,
  before: SessionUse | null,
  summaryCost: number,
  model: string,
): UsageEvent | null {
  const grown = before === null ? 0 : asNumber(usage.cost) - before.costUsd;
  const cost = summaryCost > 0 ? summaryCost : grown;
  const inputTokens = before?.contextTokens ?? 0;
  if (inputTokens === 0 && cost <= 0) return null;
  return {
    type: 'usage',
    inputTokens,
    outputTokens: asNumber(usage.output_tokens),
    ...(cost > 0 ? { costUsd: cost } : {}),
    model: model || 'unknown',
  };
}

const MOST_SESSIONS = 1000; // more than are used at a time; if one is forgotten, the cost of one compaction is less exact

/** Remembers how full each session was after its last run, in case the next begins with a compaction; and which models report no input. */
export class SessionUses {
  readonly #uses = new BoundedMap<string, SessionUse>(MOST_SESSIONS);
  readonly #withoutInput = new Set<string>();

  /** Whether that model reports no input is new, and to be told. */
  firstWithoutInput(model: string): boolean {
    if (this.#withoutInput.has(model)) return false;
    this.#withoutInput.add(model);
    return true;
  }

  get(session: string): SessionUse | null {
    return this.#uses.get(session) ?? null;
  }

  note(session: string, usage: JsonObject): void {
    const contextTokens = asNumber(usage.context_length);
    this.#uses.set(session, { contextTokens, costUsd: asNumber(usage.cost) });
  }
}
