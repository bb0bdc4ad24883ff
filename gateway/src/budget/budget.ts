/**
 * Caps per day and month. Every model call counts, also of failed, stopped and silent turns, and of turns that are still
 * running. Turns that nobody asked for (heartbeat, schedules, webhooks) are refused from 90 %, all from 100 %; a run that
 * crosses the cap is stopped after that very call. It fails closed: with a cap in dollars, a model without a price is
 * refused after its first call, since what it costs cannot be told.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { BudgetReport } from '@mobyclaw/protocol/usage';
import type { Store } from '../store/store.ts';
import type { CallUsage } from '../turns/usage-meter.ts';
import type { OwnerCalendar, Period } from './calendar-period.ts';
import type { PriceTable } from './prices.ts';

const WARN_AT = 0.8;
const BACKGROUND_UNTIL = 0.9;
const BACKGROUND = new Set(['heartbeat', 'cron', 'webhook']);

/** Null: no cap. */
export interface Caps {
  dayUsd: number | null;
  monthUsd: number | null;
  dayTokens: number | null;
  monthTokens: number | null;
}

export interface Spent {
  usd: number;
  tokens: number;
  /** Models without a price that were called. */
  unpriced: string[];
}

export interface BudgetOptions {
  store: Store;
  clock: Clock;
  caps: Caps;
  calendar: OwnerCalendar;
  prices: PriceTable;
}

export class Budget {
  readonly #options: BudgetOptions;
  /** Calls of turns whose sums are not in the database yet. */
  readonly #running = new Map<string, CallUsage[]>();

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** @returns why a turn from `source` may not start; null where it may */
  refusal(source: string): string | null {
    for (const period of ['day', 'month'] as const) {
      const { share, why } = this.#state(period);
      if (share >= 1) return `${why} ${HOW_TO_LIFT}`;
      if (share >= BACKGROUND_UNTIL && BACKGROUND.has(source)) {
        return `${why} What nobody asked for waits until then. ${HOW_TO_LIFT}`;
      }
    }
    return null;
  }

  /** Counts a model call of a running turn. */
  note(turn: string, call: CallUsage): { stop: string | null; warning: string | null } {
    const before = Math.max(this.#state('day').share, this.#state('month').share);
    const calls = this.#running.get(turn) ?? [];
    calls.push(call);
    this.#running.set(turn, calls);
    const states = [this.#state('day'), this.#state('month')];
    const over = states.find(({ share }) => share >= 1);
    const near = states.find(({ share }) => share >= WARN_AT);
    return {
      stop: over ? `${over.why} ${HOW_TO_LIFT}` : null,
      warning: !over && near && before < WARN_AT ? near.why : null,
    };
  }

  /** The turn has ended and its sums are in the database. */
  settled(turn: string): void {
    this.#running.delete(turn);
  }

  /** Lets everything run for the rest of the day. */
  lift(): { until: number } {
    const { store, clock, calendar } = this.#options;
    const { start, end } = calendar.bounds('day', clock.now());
    store.transaction('durable', () => store.usage.lift(start, clock.now()));
    return { until: end };
  }

  report(): BudgetReport {
    const { caps, prices } = this.#options;
    const period = (name: Period, capUsd: number | null, capTokens: number | null) => {
      const { share, spent } = this.#state(name);
      return {
        ...(capUsd === null ? {} : { capUsd }),
        ...(capTokens === null ? {} : { capTokens }),
        spentUsd: spent.usd,
        spentTokens: spent.tokens,
        unpricedModels: spent.unpriced,
        share: Math.min(share, 1_000_000),
      };
    };
    return {
      day: period('day', caps.dayUsd, caps.dayTokens),
      month: period('month', caps.monthUsd, caps.monthTokens),
      lifted: this.#isLifted(),
      ...(prices.problem === null ? {} : { problem: prices.problem }),
    };
  }

  /** `share`: of the cap that is nearest to its end; 0 where there is none or it was lifted. */
  #state(period: Period): { share: number; why: string; spent: Spent } {
    const { caps, calendar, clock } = this.#options;
    const [capUsd, capTokens] =
      period === 'day' ? [caps.dayUsd, caps.dayTokens] : [caps.monthUsd, caps.monthTokens];
    const spent = this.#spent(calendar.bounds(period, clock.now()).start);
    const none = { share: 0, why: '', spent };
    if ((capUsd === null && capTokens === null) || this.#isLifted()) return none;
    const name = period === 'day' ? 'today' : 'this month';
    if (capUsd !== null && spent.unpriced.length > 0) {
      const models = spent.unpriced.join(', ');
      return {
        share: Number.POSITIVE_INFINITY,
        why: `${models} has no price, so the budget in dollars cannot be kept. Write its price into gateway/prices.yaml, or set a budget in tokens.`,
        spent,
      };
    }
    const usdShare = capUsd === null ? 0 : spent.usd / capUsd;
    const tokenShare = capTokens === null ? 0 : spent.tokens / capTokens;
    const why =
      usdShare >= tokenShare
        ? `$${spent.usd.toFixed(2)} of the $${(capUsd ?? 0).toFixed(2)} for ${name} are spent.`
        : `${spent.tokens} of the ${capTokens} tokens for ${name} are spent.`;
    return { share: Math.max(usdShare, tokenShare), why, spent };
  }

  #spent(since: number): Spent {
    const { store, prices } = this.#options;
    const spent: Spent = { usd: 0, tokens: 0, unpriced: [] };
    const add = (call: CallUsage): void => {
      spent.tokens += call.inputTokens + call.outputTokens;
      const cost = call.costUsd ?? prices.cost(call.model, call);
      if (cost === null) spent.unpriced.push(call.model);
      else spent.usd += cost;
    };
    for (const row of store.usage.spentSince(since)) {
      const { pricedTokens, pricedUsd, ...rest } = row;
      spent.tokens += pricedTokens;
      spent.usd += pricedUsd;
      if (rest.unpricedTurns > 0) add(rest);
    }
    for (const calls of this.#running.values()) for (const call of calls) add(call);
    return { ...spent, unpriced: [...new Set(spent.unpriced)] };
  }

  #isLifted(): boolean {
    const { store, clock, calendar } = this.#options;
    return store.usage.isLifted(calendar.bounds('day', clock.now()).start);
  }
}

const HOW_TO_LIFT = '"mobyclaw usage lift" lets everything run for the rest of the day.';
