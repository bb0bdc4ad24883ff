/** What was spent since a time, out of what is stored of the turns: the same for API, command line and chat. */
import type { UsageReport, UsageTotals } from '@mobyclaw/protocol/usage';
import type { Store } from '../store/store.ts';
import type { Budget } from './budget.ts';
import type { Pricing } from './pricing.ts';

const MOST_SESSIONS = 10;

export interface UsageSources {
  store: Store;
  pricing: Pricing;
  /** Null where no cap is set. */
  budget: Budget | null;
}

/** @param since milliseconds since the epoch */
export async function usageReport(sources: UsageSources, since: number): Promise<UsageReport> {
  const { store, pricing, budget } = sources;
  await (budget ?? pricing).refresh();
  return {
    since: new Date(since).toISOString(),
    totals: usageTotals(store, since),
    byModel: store.usage.byModel(since).map(({ cachedTokens: _, ...row }) => row),
    bySource: store.usage.bySource(since),
    bySession: store.usage.bySession(since, MOST_SESSIONS),
    ...(budget ? { budget: budget.report() } : {}),
    ...(pricing.problem === null ? {} : { priceProblem: pricing.problem }),
  };
}

export function usageTotals(store: Store, since: number): UsageTotals {
  const rows = store.usage.byModel(since);
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  return {
    turns: sum((row) => row.turns),
    inputTokens: sum((row) => row.inputTokens),
    outputTokens: sum((row) => row.outputTokens),
    cachedTokens: sum((row) => row.cachedTokens),
    costUsd: sum((row) => row.costUsd ?? 0),
    unpricedTurns: sum((row) => row.unpricedTurns),
  };
}
