/**
 * What models cost, where the agent does not know: `gateway/prices.yaml`, which the owner edits, and the public prices
 * behind it. The file is read again when it has changed. While it cannot be read no model has a price, since it may say
 * that one costs more than is known here; unknown is never taken for free.
 */
import { stat } from 'node:fs/promises';
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Logger } from '@mobyclaw/lib/logger';
import { costOf, findPrice, type Price, type PriceEntry, type TokenCount } from '@mobyclaw/lib/prices';
import { DEFAULT_PRICES } from './default-prices.ts';

const NO_FILE = '';
const MOST_MODELS = 100;

export class PriceTable {
  readonly #path: string;
  readonly #logger: Logger;
  #entries: readonly PriceEntry[] = DEFAULT_PRICES;
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

  /** In force, the first that fits counts: for egress, which decides by them too. */
  get entries(): readonly PriceEntry[] {
    return this.#entries;
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
    return price ? costOf(price, count) : null;
  }

  price(model: string): Price | null {
    let price = this.#found.get(model);
    if (price === undefined) {
      price = findPrice(this.#entries, model);
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

  #use(entries: readonly PriceEntry[]): void {
    this.#entries = entries;
    this.#found.clear();
  }

  async #readFile(): Promise<PriceEntry[]> {
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
