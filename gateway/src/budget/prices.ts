/**
 * What models cost, where the agent does not know: `gateway/prices.yaml`, which the owner edits. It is read again when
 * it changes. A file that cannot be read prices nothing, and unknown is never taken for free.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { parse as Parse } from 'yaml';
import * as z from 'zod';

const LOOK_EVERY_MS = 5000;
const MILLION = 1_000_000;

const priceSchema = z.strictObject({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cached: z.number().nonnegative().optional(),
});
const fileSchema = z.strictObject({ models: z.record(z.string(), priceSchema) });

/** US dollars per million tokens. */
export type Price = z.infer<typeof priceSchema>;

export interface TokenCount {
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number | undefined;
}

/** Rules cost nothing. */
const BUILT_IN: readonly [string, Price][] = [['offline/offline', { input: 0, output: 0 }]];

export class PriceTable {
  readonly #path: string;
  readonly #parse: typeof Parse;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #entries: [string, Price][] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #changedAt: number | null = null;
  #problem: string | null = null;

  constructor(path: string, parse: typeof Parse, clock: Clock, logger: Logger) {
    this.#path = path;
    this.#parse = parse;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** What is wrong with the file, or null. */
  get problem(): string | null {
    this.#look();
    return this.#problem;
  }

  /** @returns US dollars; null where the model has no price */
  cost(model: string, count: TokenCount): number | null {
    this.#look();
    const price = [...this.#entries, ...BUILT_IN].find(([pattern]) => matches(pattern, model))?.[1];
    if (!price) return null;
    const cached = Math.min(count.cachedTokens ?? 0, count.inputTokens);
    const fresh = count.inputTokens - cached;
    return (
      (fresh * price.input + cached * (price.cached ?? price.input) + count.outputTokens * price.output) /
      MILLION
    );
  }

  #look(): void {
    const now = this.#clock.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const changedAt = statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs ?? null;
    if (changedAt === this.#changedAt) return;
    this.#changedAt = changedAt;
    this.#entries = [];
    this.#problem = null;
    if (changedAt === null) return;
    try {
      this.#entries = Object.entries(fileSchema.parse(this.#parse(readFileSync(this.#path, 'utf8'))).models);
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      this.#problem = `${this.#path} cannot be read, so no model has a price: ${why}`;
      this.#logger.error({ err: error }, 'prices.yaml cannot be read');
    }
  }
}

/** `*` stands for anything; a pattern without a provider fits the model of any. */
function matches(pattern: string, model: string): boolean {
  const fits = (name: string): boolean =>
    new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`).test(name);
  return fits(model) || (!pattern.includes('/') && fits(model.slice(model.indexOf('/') + 1)));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
