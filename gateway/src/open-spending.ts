/** What is spent, put together: prices, what turns, sound and egress cost, and the budget, which is loaded where a cap is set. */
import { join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { Budget } from './budget/budget.ts';
import { BudgetNotices } from './budget/budget-notices.ts';
import { OwnerCalendar } from './budget/calendar-period.ts';
import { PriceTable } from './budget/prices.ts';
import { Pricing } from './budget/pricing.ts';
import { SoundCosts } from './budget/sound-costs.ts';
import { ToldBudget } from './budget/told-budget.ts';
import type { GatewayConfig } from './config/config.ts';
import type { PartClient } from './parts/part-client.ts';
import type { Store } from './store/store.ts';
import type { NotifyOwner } from './unasked/ports.ts';

export interface OpenSpendingOptions {
  config: Pick<GatewayConfig, 'budget' | 'timeZone' | 'folder'>;
  store: Store;
  /** Asks before each call of a model; null where this installation has no such part. */
  egress: PartClient | null;
  notify: NotifyOwner;
  clock: Clock;
  logger: Logger;
}

export interface Spending {
  pricing: Pricing;
  soundCosts: SoundCosts;
  /** Null where no cap is set. */
  budget: Budget | null;
  /** The budget as egress is told it; null without egress. */
  toldBudget: ToldBudget | null;
}

export async function openSpending(options: OpenSpendingOptions): Promise<Spending> {
  const { config, store, egress, clock, logger } = options;
  const prices = new PriceTable(join(config.folder, 'prices.yaml'), logger);
  const pricing = new Pricing({ prices, store, clock, logger });
  const budget = await openBudget(options, pricing);
  const { budget: caps, timeZone } = config;
  return {
    pricing,
    soundCosts: new SoundCosts({ store, prices, clock }),
    budget,
    toldBudget: egress && new ToldBudget({ egress, budget, caps, prices, timeZone, clock, logger }),
  };
}

async function openBudget(options: OpenSpendingOptions, pricing: Pricing): Promise<Budget | null> {
  const { config, store, clock } = options;
  const caps = config.budget;
  if (Object.values(caps).every((cap) => cap === null)) return null;
  const { Temporal } = await import('temporal-polyfill');
  const calendar = new OwnerCalendar(Temporal, config.timeZone);
  await pricing.refresh();
  return new Budget({ store, clock, caps, calendar, pricing, notices: new BudgetNotices(options) });
}
