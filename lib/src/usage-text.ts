/** What was spent and what is left, as one line, for chats and terminals alike. */
import type { BudgetReport, CountedUsage, UsageTotals } from '@mobyclaw/protocol/usage';
import { counted, dollars, percent, tokenCount } from './figures.ts';

/** Turns whose price is unknown are said to be so, never counted as free. */
export function totalsText(totals: UsageTotals): string {
  const tokens = `${tokenCount(totals.inputTokens)} tokens in, ${tokenCount(totals.outputTokens)} out`;
  return `${counted(totals.turns, 'turn')}, ${tokens}, ${costText(totals)}`;
}

/** @param costUsd of the turns whose cost is known @param unit what `turns` counts */
export function costText(
  spent: { turns: number; costUsd: number | null; unpricedTurns: number },
  unit: 'turn' | 'call' = 'turn',
): string {
  const { turns, costUsd, unpricedTurns } = spent;
  if (unpricedTurns === 0) return dollars(costUsd ?? 0);
  if (unpricedTurns >= turns) return 'unknown';
  return `${dollars(costUsd ?? 0)} and ${counted(unpricedTurns, unit)} of unknown price`;
}

/** How far the caps of a day or month are used up; null where none is set. */
export function capsText(period: BudgetReport['day']): string | null {
  const { capUsd, capTokens, spentUsd, spentTokens, share, unpricedModels } = period;
  const caps = [
    ...(capUsd === undefined ? [] : [`${dollars(spentUsd)} of ${dollars(capUsd)}`]),
    ...(capTokens === undefined ? [] : [`${tokenCount(spentTokens)} of ${tokenCount(capTokens)} tokens`]),
  ];
  if (caps.length === 0) return null;
  const unknown = capUsd !== undefined && unpricedModels.length > 0;
  return `${caps.join(', ')} (${unknown ? `no price for ${unpricedModels.join(', ')}` : percent(share)})`;
}

export interface CountedRow {
  name: string;
  calls: number | null;
  tokens: number;
  cost: string;
}

/** What egress counted beside what the agent reported, as rows; what is nothing is left out but for the difference. */
export function countedRows(counted: CountedUsage): CountedRow[] {
  const { ofTurns, ofRunning, ofNone, reportedTokens, differenceTokens } = counted;
  const row = (name: string, group: CountedUsage['ofTurns']): CountedRow => ({
    name,
    calls: group.calls,
    tokens: group.tokens,
    cost: costText({ ...group, turns: group.calls, unpricedTurns: group.unpricedCalls }, 'call'),
  });
  const share = reportedTokens === 0 ? '' : ` (${((differenceTokens / reportedTokens) * 100).toFixed(1)} %)`;
  return [
    row('of turns', ofTurns),
    { name: 'reported by the agent', calls: null, tokens: reportedTokens, cost: '' },
    { name: `difference${share}`, calls: null, tokens: differenceTokens, cost: '' },
    ...(ofRunning.calls > 0 ? [row('of turns that run', ofRunning)] : []),
    ...(ofNone.calls > 0 ? [row('belongs to no turn', ofNone)] : []),
  ];
}

/** What else there is to say of it. */
export function countedNotes({ ofTurns, ofRunning, ofNone, refused }: CountedUsage): string[] {
  const estimated = ofTurns.estimatedCalls + ofRunning.estimatedCalls + ofNone.estimatedCalls;
  return [
    ...(estimated > 0
      ? [`Of ${counted(estimated, 'call')} the provider did not say what was used: a guess.`]
      : []),
    ...(refused > 0 ? [`The budget refused ${counted(refused, 'call')}.`] : []),
  ];
}

/** What the owner can do about models without a price; null where there are none. */
export function unpricedText(models: readonly string[]): string | null {
  if (models.length === 0) return null;
  const has = models.length === 1 ? 'has' : 'have';
  return `${models.join(', ')} ${has} no known price; gateway/prices.yaml in the data directory is the place for it.`;
}
