/** `/usage`: what Moby has cost, how far the caps are used up, what he refuses; `/usage lift` lets him go on. */
import { capsText, totalsText, unpricedText } from '@mobyclaw/lib/usage-text';
import type { BudgetReport } from '@mobyclaw/protocol/usage';
import { usageTotals } from '../budget/usage-report.ts';
import type { Command, CommandServices } from './command.ts';

const DAY_MS = 86_400_000;

export const usageCommand: Command = {
  name: 'usage',
  usage: '[lift]',
  description: 'Tokens, cost and budget; `lift` lets me go on for the day',
  ownerOnly: true,
  menu: true,
  async run({ kind, text, sign }, services) {
    const { budget, pricing, store, now } = services;
    if (kind === 'group') return 'I say what I cost in our direct messages only.';
    const wish = text.trim().toLowerCase();
    if (wish === 'lift') return lift(services);
    if (wish !== '') return `Write \`${sign}usage\`, or \`${sign}usage lift\`.`;
    await (budget ?? pricing).refresh();
    const lines = [
      `**Last 24 hours:** ${totalsText(usageTotals(store, now() - DAY_MS))}`,
      `**Last 30 days:** ${totalsText(usageTotals(store, now() - 30 * DAY_MS))}`,
    ];
    const unpriced = unpricedText(store.usage.unpricedModels(now() - 30 * DAY_MS));
    if (unpriced !== null) lines.push(unpriced);
    lines.push(...(budget ? budgetLines(budget.report()) : ['**Budget:** none is set.']));
    if (pricing.problem !== null) lines.push(`⚠️ ${pricing.problem}`);
    return lines.join('\n\n');
  },
};

function lift({ budget }: CommandServices): string {
  if (!budget) return 'No budget is set, so there is nothing to lift.';
  budget.lift();
  return '✅ The budget is lifted for the rest of the day. What I refused has to be sent again.';
}

function budgetLines({ day, month, lifted, refuses, why }: BudgetReport): string[] {
  const lines = [`**Today:** ${capsText(day) ?? 'no cap'}`, `**This month:** ${capsText(month) ?? 'no cap'}`];
  if (lifted) lines.push('The budget is lifted for the rest of the day.');
  if (refuses !== 'nothing') lines.push(`⛔ ${why ?? ''}`);
  return lines;
}
