/**
 * What a model costs, by a list of patterns of which the first that fits counts. Egress decides by it before each call, the
 * gateway reports by it; the list is the gateway's (`gateway/src/budget/prices.ts`).
 */
export interface Price {
  /** US dollars per million tokens. */
  input: number;
  output: number;
  /** Read from the provider's cache; as `input` unless given. */
  cached?: number | undefined;
  /** Written to it; as `input` unless given. */
  cacheWrite?: number | undefined;
}

export interface TokenCount {
  /** With what was read from the cache and what was written to it. */
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
}

export type PriceEntry = readonly [pattern: string, price: Price];

const MILLION = 1_000_000;

/** @param model with its provider or without it @returns null where it has no price, which is not the same as free */
export function findPrice(entries: readonly PriceEntry[], model: string): Price | null {
  return entries.find(([pattern]) => matches(pattern, model))?.[1] ?? null;
}

/** @returns US dollars */
export function costOf(price: Price, count: TokenCount): number {
  const cached = Math.min(count.cachedTokens ?? 0, count.inputTokens);
  const written = Math.min(count.cacheWriteTokens ?? 0, count.inputTokens - cached);
  const fresh = count.inputTokens - cached - written;
  const input =
    fresh * price.input +
    cached * (price.cached ?? price.input) +
    written * (price.cacheWrite ?? price.input);
  return (input + count.outputTokens * price.output) / MILLION;
}

/**
 * `*` stands for anything. Agents name a model with its provider or without it, and so may the owner: a pattern without
 * a provider fits the model of any, and a model without one fits by its name alone. A pattern such as `local/*` says
 * nothing about such a model.
 */
function matches(pattern: string, model: string): boolean {
  if (fits(pattern, model)) return true;
  const [patternName, modelName] = [withoutProvider(pattern), withoutProvider(model)];
  if (patternName === null) return modelName !== null && fits(pattern, modelName);
  return !patternName.startsWith('*') && fits(patternName, model);
}

function fits(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`).test(name);
}

function withoutProvider(name: string): string | null {
  const slash = name.indexOf('/');
  return slash < 0 ? null : name.slice(slash + 1);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
