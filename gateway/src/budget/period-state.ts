/** How far a cap is used up, and what that means: in words for the owner, as he reads them in a chat or a terminal. */
import { dollars, tokenCount } from '@mobyclaw/lib/figures';
import type { Period } from './calendar-period.ts';

export const WARN_AT = 0.8;
export const UNASKED_UNTIL = 0.9;
const HOW_TO_LIFT =
  '"/usage lift" in a chat with me, or "mobyclaw usage lift", lets everything run for the rest of the day.';

export interface Spent {
  usd: number;
  tokens: number;
  /** Models without a price that were called. */
  unpriced: string[];
}

/** What happens from here on, in order. */
export type Step = 'warning' | 'unasked-refused' | 'all-refused' | 'unpriced';

export interface PeriodState {
  period: Period;
  /** When it began, in milliseconds since the epoch. */
  start: number;
  spent: Spent;
  /** Of the cap that is nearest to its end; infinite where a model has no price, 0 where there is no cap. */
  share: number;
  /** Null: nothing to say yet. */
  step: Step | null;
  /** What is so, what follows from it, and what to do; empty where there is nothing to say. */
  text: string;
}

/** @param caps null: none. */
export function periodState(
  period: Period,
  start: number,
  spent: Spent,
  caps: { usd: number | null; tokens: number | null },
): PeriodState {
  if (caps.usd !== null && spent.unpriced.length > 0) {
    const [first, ...more] = spent.unpriced;
    const has = more.length === 0 ? `${first} has` : `${spent.unpriced.join(', ')} have`;
    const text = `${has} no price, so the budget in dollars cannot be kept and nothing runs. Write the price into gateway/prices.yaml in the data directory, or set a budget in tokens. ${HOW_TO_LIFT}`;
    return { period, start, spent, share: Number.POSITIVE_INFINITY, step: 'unpriced', text };
  }
  const usdShare = caps.usd === null ? 0 : spent.usd / caps.usd;
  const tokenShare = caps.tokens === null ? 0 : spent.tokens / caps.tokens;
  const share = Math.max(usdShare, tokenShare);
  const step = stepOf(share);
  if (step === null) return { period, start, spent, share, step, text: '' };
  const used =
    usdShare >= tokenShare
      ? `${dollars(spent.usd)} of the ${dollars(caps.usd ?? 0)}`
      : `${tokenCount(spent.tokens)} of the ${tokenCount(caps.tokens ?? 0)} tokens`;
  const text = `${used} for ${NAMES[period].of} are spent${CONSEQUENCES[step](NAMES[period].next)}`;
  return { period, start, spent, share, step, text };
}

const NAMES = {
  day: { of: 'today', next: 'tomorrow' },
  month: { of: 'this month', next: 'next month' },
} as const;

const CONSEQUENCES: Record<Exclude<Step, 'unpriced'>, (next: string) => string> = {
  warning: (next) => `. At 90 % what nobody asked for waits until ${next}, at 100 % everything does.`,
  'unasked-refused': (next) =>
    `, so what nobody asked for (heartbeat, schedules, webhooks) waits until ${next}. ${HOW_TO_LIFT}`,
  'all-refused': (next) => `, so nothing runs until ${next}. ${HOW_TO_LIFT}`,
};

function stepOf(share: number): Exclude<Step, 'unpriced'> | null {
  if (share >= 1) return 'all-refused';
  if (share >= UNASKED_UNTIL) return 'unasked-refused';
  return share >= WARN_AT ? 'warning' : null;
}
