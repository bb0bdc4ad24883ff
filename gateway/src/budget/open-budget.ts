/** Loads what a budget needs, where a cap is set; a gateway without one pays nothing for it. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { GatewayConfig } from '../config/config.ts';
import type { NotifyOwner } from '../scheduler/ports.ts';
import type { Store } from '../store/store.ts';
import { Budget } from './budget.ts';
import { BudgetNotices } from './budget-notices.ts';
import { OwnerCalendar } from './calendar-period.ts';
import type { Pricing } from './pricing.ts';

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
