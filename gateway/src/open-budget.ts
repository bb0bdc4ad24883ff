/** Loads what a budget needs, where a cap is set; a gateway without one pays nothing for it. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { Budget } from './budget/budget.ts';
import { BudgetNotices } from './budget/budget-notices.ts';
import { OwnerCalendar } from './budget/calendar-period.ts';
import type { Pricing } from './budget/pricing.ts';
import type { GatewayConfig } from './config/config.ts';
import type { Store } from './store/store.ts';
import type { NotifyOwner } from './unasked/ports.ts';

export interface OpenBudgetOptions {
  config: Pick<GatewayConfig, 'budget' | 'timeZone'>;
  store: Store;
  pricing: Pricing;
  notify: NotifyOwner;
  clock: Clock;
  logger: Logger;
}

/** @returns null where no cap is set */
export async function openBudget(options: OpenBudgetOptions): Promise<Budget | null> {
  const { config, store, pricing, clock } = options;
  const caps = config.budget;
  if (Object.values(caps).every((cap) => cap === null)) return null;
  const { Temporal } = await import('temporal-polyfill');
  const calendar = new OwnerCalendar(Temporal, config.timeZone);
  await pricing.refresh();
  return new Budget({ store, clock, caps, calendar, pricing, notices: new BudgetNotices(options) });
}
