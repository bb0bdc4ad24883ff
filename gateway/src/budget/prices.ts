/**
 * What models cost, where the agent does not know: `gateway/prices.yaml`, which the owner edits, and the public prices
 * behind it. The file is read again when it has changed. While it cannot be read no model has a price, since it may say
 * that one costs more than is known here; unknown is never taken for free.
 */
import { stat } from 'node:fs/promises';
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Logger } from '@mobyclaw/lib/logger';
import { DEFAULT_PRICES } from './default-prices.ts';
import type { Price } from './price-file.ts';

const MILLION = 1_000_000;
const NO_FILE = '';
const MOST_MODELS = 100;

export interface TokenCount {
  /** With what was read from the cache and what was written to it. */
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
}

export class PriceTable {
  readonly #path: string;
  readonly #logger: Logger;
  #entries: readonly [string, Price][] = DEFAULT_PRICES;
  /** By model, since it is looked for at each end of a turn, and each pattern takes an expression. */
  readonly #found = new BoundedMap<string, Price | null>(MOST_MODELS);
  /** The file as it was when it was last read: its time and size, or that there was none. */
  #seen: string | null = null;
  #problem: string | null = null;
  #refreshing: Promise<boolean> | null = null;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /** What is wrong with the file, as of the last refresh, or null. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Reads the file where it has changed. Never rejects. @returns whether prices may have changed; the first time they have */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** @returns US dollars by the prices of the last refresh; null where the model has none */
  cost(model: string, count: TokenCount): number | null {
    const price = this.price(model);
    if (!price) return null;
    const cached = Math.min(count.cachedTokens ?? 0, count.inputTokens);
    const written = Math.min(count.cacheWriteTokens ?? 0, count.inputTokens - cached);
    const fresh = count.inputTokens - cached - written;
    const input =
      fresh * price.input +
      cached * (price.cached ?? price.input) +
      written * (price.cacheWrite ?? price.input);
    return (input + count.outputTokens * price.output) / MILLION;
  }

  price(model: string): Price | null {
    let price = this.#found.get(model);
    if (price === undefined) {
      price = this.#entries.find(([pattern]) => matches(pattern, model))?.[1] ?? null;
      this.#found.set(model, price);
    }
    return price;
  }

  async #refresh(): Promise<boolean> {
    try {
      const seen = await this.#look();
      if (seen === this.#seen) return false;
      this.#seen = seen;
      this.#use([...(seen === NO_FILE ? [] : await this.#readFile()), ...DEFAULT_PRICES]);
      this.#problem = null;
    } catch (error) {
      this.#use([]);
      this.#problem = `${this.#path} cannot be read, so no model has a price: ${(error as Error).message}`;
      this.#logger.error({ err: error }, 'prices.yaml cannot be read');
    }
    return true;
  }

  #use(entries: readonly [string, Price][]): void {
    this.#entries = entries;
    this.#found.clear();
  }

  async #readFile(): Promise<[string, Price][]> {
    const { readPriceFile } = await import('./price-file.ts');
    return readPriceFile(this.#path);
  }

  async #look(): Promise<string> {
    try {
      const { mtimeMs, size } = await stat(this.#path);
      return `${mtimeMs} ${size}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_FILE;
      throw error;
    }
  }
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
