/** What was spent and what is left, as one line, for chats and terminals alike. */
import type { BudgetReport, UsageTotals } from '@mobyclaw/protocol/usage';
import { counted, dollars, percent, tokenCount } from './figures.ts';

/** Turns whose price is unknown are said to be so, never counted as free. */
export function totalsText(totals: UsageTotals): string {
  const tokens = `${tokenCount(totals.inputTokens)} tokens in, ${tokenCount(totals.outputTokens)} out`;
  return `${counted(totals.turns, 'turn')}, ${tokens}, ${costText(totals)}`;
}

/** @param costUsd of the turns whose cost is known */
export function costText(spent: { turns: number; costUsd: number | null; unpricedTurns: number }): string {
  const { turns, costUsd, unpricedTurns } = spent;
  if (unpricedTurns === 0) return dollars(costUsd ?? 0);
  if (unpricedTurns >= turns) return 'unknown';
  return `${dollars(costUsd ?? 0)} and ${counted(unpricedTurns, 'turn')} of unknown price`;
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

/** What the owner can do about models without a price; null where there are none. */
export function unpricedText(models: readonly string[]): string | null {
  if (models.length === 0) return null;
  const has = models.length === 1 ? 'has' : 'have';
  return `${models.join(', ')} ${has} no known price; gateway/prices.yaml in the data directory is the place for it.`;
}
