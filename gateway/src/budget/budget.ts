/**
 * Caps per day and month. Every model call counts, also of failed, stopped and silent turns, and of turns that are still
 * running. Turns that nobody asked for (heartbeat, schedules, webhooks) are refused from 90 %, all from 100 %; a run that
 * crosses the cap is stopped after that very call. It fails closed: with a cap in dollars, a model without a price is
 * refused after its first call, since what it costs cannot be told.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { BudgetReport } from '@mobyclaw/protocol/usage';
import type { Caps } from '../config/caps.ts';
import type { Store } from '../store/store.ts';
import type { BudgetNotices } from './budget-notices.ts';
import type { OwnerCalendar, Period } from './calendar-period.ts';
import { type PeriodState, periodState, type Spent, UNASKED_UNTIL } from './period-state.ts';
import type { Pricing } from './pricing.ts';
import type { CallUsage } from './usage-meter.ts';

const UNASKED = new Set(['heartbeat', 'cron', 'webhook', 'upkeep']);
const MOST_SHARE = 1_000_000; // in a report, as JSON knows no infinity
const FOR_GUESTS =
  'I have reached the limit that my owner has set for me. Please try again later, or ask my owner.';

export interface BudgetOptions {
  store: Store;
  clock: Clock;
  caps: Caps;
  calendar: OwnerCalendar;
  pricing: Pricing;
  notices: BudgetNotices;
}

/** Whose turn it is. */
export interface Asker {
  source: string;
  guest?: boolean;
}

export class Budget {
  readonly #options: BudgetOptions;
  /** Calls of turns whose sums are not in the database yet. */
  readonly #running = new Map<string, CallUsage[]>();
  /** Sums in the database, until they change. */
  readonly #settled = new Map<Period, { start: number; spent: Spent }>();

  #onChange: () => Promise<void> = () => Promise.resolve();

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Who else decides by prices and lifts; the next turn begins when it knows. */
  onChange(tell: () => Promise<void>): void {
    this.#onChange = tell;
  }

  /** Looks whether the owner has changed a price. Never rejects. */
  async refresh(): Promise<void> {
    if (!(await this.#options.pricing.refresh())) return;
    this.#settled.clear();
    await this.#onChange();
  }

  /** @returns why such a turn may not start, for whoever asked; null where it may */
  refusal({ source, guest = false }: Asker): string | null {
    for (const state of this.#tellOwner()) {
      if (!refuses(state, UNASKED.has(source))) continue;
      return guest ? FOR_GUESTS : state.text;
    }
    return null;
  }

  /**
   * Counts a model call of a running turn.
   * @returns `stop`: why it must not go on, or null; `warnings`: what whoever asked should know, where it is the owner
   */
  note(
    turn: string,
    call: CallUsage,
    { guest = false }: Partial<Asker> = {},
  ): { stop: string | null; warnings: string[] } {
    const calls = this.#running.get(turn) ?? [];
    calls.push(call);
    this.#running.set(turn, calls);
    const warnings: string[] = [];
    const states = this.#tellOwner((state) => warnings.push(state.text));
    const over = states.find(({ share }) => share >= 1);
    if (over) return { stop: guest ? FOR_GUESTS : over.text, warnings: [] };
    return { stop: null, warnings: guest ? [] : warnings };
  }

  /** The turn has ended and its sums are in the database. */
  settled(turn: string): void {
    this.#running.delete(turn);
    this.#settled.clear();
    this.#options.notices.send();
  }

  /** Hands over to the owner what could not be handed over yet. */
  sendNotices(): void {
    this.#options.notices.send();
  }

  /** Lets everything run for the rest of the day. @returns when that is over */
  lift(): { until: number } {
    const { store, clock, calendar } = this.#options;
    const { start, end } = calendar.bounds('day', clock.now());
    store.transaction('durable', () => store.usage.lift(start, clock.now()));
    void this.#onChange();
    return { until: end };
  }

  report(): BudgetReport {
    const { caps } = this.#options;
    const lifted = this.#isLifted();
    const [day, month] = [this.#state('day'), this.#state('month')];
    const period = ({ share, spent }: PeriodState, capUsd: number | null, capTokens: number | null) => ({
      ...(capUsd === null ? {} : { capUsd }),
      ...(capTokens === null ? {} : { capTokens }),
      spentUsd: spent.usd,
      spentTokens: spent.tokens,
      unpricedModels: spent.unpriced,
      share: Math.min(share, MOST_SHARE),
    });
    const refusing = lifted
      ? undefined
      : ([day, month].find((state) => refuses(state, false)) ??
        [day, month].find((state) => refuses(state, true)));
    return {
      day: period(day, caps.dayUsd, caps.dayTokens),
      month: period(month, caps.monthUsd, caps.monthTokens),
      lifted,
      refuses: refusing === undefined ? 'nothing' : refuses(refusing, false) ? 'everything' : 'unasked',
      ...(refusing === undefined ? {} : { why: refusing.text }),
    };
  }

  /** Both periods, none where the owner has lifted the caps; tells him what he has not been told. */
  #tellOwner(onNews: (state: PeriodState) => void = () => undefined): PeriodState[] {
    if (this.#isLifted()) return [];
    const states = [this.#state('day'), this.#state('month')];
    const texts = new Set<string>(); // a model without a price is the same word for day and month
    for (const state of states) {
      if (texts.has(state.text)) continue;
      texts.add(state.text);
      if (this.#options.notices.tell(state)) onNews(state);
    }
    return states;
  }

  #state(period: Period): PeriodState {
    const { caps, calendar, clock } = this.#options;
    const { start } = calendar.bounds(period, clock.now());
    const [usd, tokens] =
      period === 'day' ? [caps.dayUsd, caps.dayTokens] : [caps.monthUsd, caps.monthTokens];
    return periodState(period, start, this.#spent(period, start), { usd, tokens });
  }

  #spent(period: Period, start: number): Spent {
    const { usd, tokens, unpriced } = this.#spentBefore(period, start);
    const spent = { usd, tokens, unpriced: new Set(unpriced) };
    for (const call of [...this.#running.values()].flat()) {
      spent.tokens += call.inputTokens + call.outputTokens;
      const cost = this.#options.pricing.costOf(call);
      if (cost === null) spent.unpriced.add(call.model);
      else spent.usd += cost;
    }
    return { ...spent, unpriced: [...spent.unpriced] };
  }

  #spentBefore(period: Period, start: number): Spent {
    const known = this.#settled.get(period);
    if (known?.start === start) return known.spent;
    const { usage } = this.#options.store;
    const spent = { ...usage.spentSince(start), unpriced: usage.unpricedModels(start) };
    this.#settled.set(period, { start, spent });
    return spent;
  }

  #isLifted(): boolean {
    const { store, clock, calendar } = this.#options;
    return store.usage.isLifted(calendar.bounds('day', clock.now()).start);
  }
}

function refuses({ share }: PeriodState, unasked: boolean): boolean {
  return share >= (unasked ? UNASKED_UNTIL : 1);
}
