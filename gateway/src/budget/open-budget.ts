/** Loads what a budget needs, where a cap is set; a gateway without one pays nothing for it. */
import { join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { GatewayConfig } from '../config/config.ts';
import type { Store } from '../store/store.ts';
import { Budget } from './budget.ts';
import { OwnerCalendar } from './calendar-period.ts';
import { PriceTable } from './prices.ts';

/** @returns null where no cap is set */
export async function openBudget(
  config: Pick<GatewayConfig, 'budget' | 'folder' | 'timeZone'>,
  store: Store,
  clock: Clock,
  logger: Logger,
): Promise<Budget | null> {
  const caps = config.budget;
  if (Object.values(caps).every((cap) => cap === null)) return null;
  const [{ Temporal }, { parse }] = await Promise.all([import('temporal-polyfill'), import('yaml')]);
  const prices = new PriceTable(join(config.folder, 'prices.yaml'), parse, clock, logger);
  return new Budget({ store, clock, caps, prices, calendar: new OwnerCalendar(Temporal, config.timeZone) });
}
