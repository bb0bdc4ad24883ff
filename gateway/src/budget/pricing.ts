/**
 * Gives turns their price when they end, so that every report sums what is stored. What the agent says a call cost goes
 * before the price table. A turn whose price was unknown gets one as soon as the table knows it: the owner who writes a
 * price down means the calls that asked for it.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Usage } from '@mobyclaw/protocol/usage';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { PriceTable } from './prices.ts';
import { isSound } from './sound-costs.ts';
import type { CallUsage, UsageMeter } from './usage-meter.ts';

const LATER_PRICED_MS = 62 * 86_400_000; // this month and the one before

export interface PricingOptions {
  prices: PriceTable;
  store: Store;
  clock: Clock;
  logger: Logger;
}

export class Pricing {
  readonly #options: PricingOptions;

  constructor(options: PricingOptions) {
    this.#options = options;
  }

  /** What is wrong with the owner's price table, or null. */
  get problem(): string | null {
    return this.#options.prices.problem;
  }

  /** US dollars, by the prices of the last refresh; null where they are unknown, as is what had no input reported. */
  readonly costOf = (call: CallUsage): number | null => {
    const { prices } = this.#options;
    if (call.costUsd !== undefined) return call.costUsd;
    const inputCounts = (prices.price(call.model)?.input ?? 0) > 0;
    return call.inputTokens === 0 && inputCounts ? null : prices.cost(call.model, call);
  };

  /** Looks whether the owner has changed a price. Never rejects. @returns whether prices may have changed */
  async refresh(): Promise<boolean> {
    const { prices, logger } = this.#options;
    if (!(await prices.refresh())) return false;
    try {
      this.#priceEarlierTurns();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error }, 'turns of unknown price could not be priced'); // the next change tries again
    }
    return true;
  }

  /** All calls of a turn, with what they cost. The first one loads the table. */
  async total(meter: UsageMeter): Promise<Usage | null> {
    if (meter.empty) return null;
    await this.refresh();
    return meter.total(this.costOf);
  }

  #priceEarlierTurns(): void {
    const { prices, store, clock } = this.#options;
    const since = clock.now() - LATER_PRICED_MS;
    const priced = store.usage.unpricedModels(since).flatMap((model) => {
      const price = isSound(model) ? null : prices.price(model); // how much was said is not kept
      return price ? [{ model, price }] : [];
    });
    if (priced.length === 0) return;
    store.transaction('relaxed', () => {
      for (const { model, price } of priced) store.usage.setPrice(model, price, since);
    });
  }
}
