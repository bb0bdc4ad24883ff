/** What was spent since a time, out of what is stored of the turns: the same for API, command line and chat. */
import type { CallSum, CallSums } from '@mobyclaw/protocol/egress';
import type { CountedUsage, UsageReport, UsageTotals } from '@mobyclaw/protocol/usage';
import type { Store } from '../store/store.ts';
import type { Budget } from './budget.ts';
import type { Pricing } from './pricing.ts';

const MOST_SESSIONS = 10;
const NOBODY_ASKED = 'offline/'; // models that need no network, so egress does not see them

export interface UsageSources {
  store: Store;
  pricing: Pricing;
  /** Null where no cap is set. */
  budget: Budget | null;
  /** What egress counted. */
  egress: { calls(since: number): Promise<CallSums | null> };
}

/** @param since milliseconds since the epoch */
export async function usageReport(sources: UsageSources, since: number): Promise<UsageReport> {
  const { store, pricing, budget, egress } = sources;
  const [sums] = await Promise.all([egress.calls(since), (budget ?? pricing).refresh()]);
  return {
    since: new Date(since).toISOString(),
    totals: usageTotals(store, since),
    byModel: store.usage.byModel(since).map(({ cachedTokens: _, ...row }) => row),
    bySource: store.usage.bySource(since),
    bySession: store.usage.bySession(since, MOST_SESSIONS),
    ...(sums === null ? {} : { counted: countedUsage(store, sums) }),
    ...(budget ? { budget: budget.report() } : {}),
    ...(pricing.problem === null ? {} : { priceProblem: pricing.problem }),
  };
}

/** What egress counted beside what the agent reported, in the same time. */
function countedUsage(store: Store, sums: CallSums): CountedUsage {
  const reportedTokens = store.usage
    .byModel(Date.parse(sums.since))
    .filter(({ model }) => !model.startsWith(NOBODY_ASKED))
    .reduce((total, { inputTokens, outputTokens }) => total + inputTokens + outputTokens, 0);
  const ofTurns = groupOf(sums.ofTurns);
  return {
    since: sums.since,
    ofTurns,
    ofRunning: groupOf(sums.ofRunning),
    ofNone: groupOf(sums.ofNone),
    refused: sums.refused,
    reportedTokens,
    differenceTokens: ofTurns.tokens - reportedTokens,
  };
}

function groupOf({ inputTokens, outputTokens, cachedTokens: _, ...sum }: CallSum): CountedUsage['ofTurns'] {
  return { ...sum, tokens: inputTokens + outputTokens };
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
