/**
 * Whether a call may be made, decided before each one by what is written down here. A call may begin only while all that
 * began before it, counted at the most that it can cost, is below each cap: so the one that crosses a cap is let finish and
 * none follows it, however many come at once. Near a cap calls therefore wait for each other, one after the other.
 *
 * It fails closed. Until the gateway has told the caps nothing is let through; a model without a price, where a cap is in
 * dollars, runs alone and once. What the gateway told is kept, so that a restart needs nobody.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import { costOf, findPrice, type TokenCount } from '@mobyclaw/lib/prices';
import { type EgressBudget, type EgressCaps, egressBudgetSchema } from '@mobyclaw/protocol/egress';
import type { Ledger, Sum } from './ledger.ts';

const KEPT_AS = 'budget';

export interface CallBound {
  /** `provider/model`. */
  model: string;
  /** The most tokens that the request can have; each has at least one byte. */
  inputTokens: number;
  /** The most that the answer can have. */
  outputTokens: number;
}

/** An admitted call. */
export interface Admission {
  day: string;
  /** To be called once, when what it used is in the ledger. */
  release(): void;
}

/** Why a call may not be made, in words for the owner. */
export class BudgetRefusal extends Error {
  override name = 'BudgetRefusal';
}

interface Reserved {
  usd: number;
  tokens: number;
}

interface Spent {
  day: Sum;
  month: Sum;
}

export class CallBudget {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #underWay = new Set<Reserved>();
  /** Of those that wait, in their order. */
  readonly #waiting: (() => void)[] = [];
  #told: EgressBudget | null;
  #spent: { of: string; sums: Spent } | null = null;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
    const kept = ledger.read(KEPT_AS);
    this.#told = kept === null ? null : (egressBudgetSchema.safeParse(JSON.parse(kept)).data ?? null);
  }

  get caps(): EgressCaps | null {
    return this.#told?.caps ?? null;
  }

  replace(told: EgressBudget): void {
    const before = this.#told?.elsewhere;
    this.#told = before ? { elsewhere: before, ...told } : told;
    this.#ledger.keep(KEPT_AS, JSON.stringify(this.#told));
    this.#ledger.priceAgain(this.costOf);
    this.#spent = null;
    this.#wake();
  }

  readonly costOf = (model: string, count: TokenCount): number | null => {
    const price = findPrice(this.#told?.prices ?? [], model);
    return price === null ? null : costOf(price, count);
  };

  /** YYYY-MM-DD, where the owner lives. */
  get today(): string {
    return localTime(this.#clock.now(), this.#told?.timeZone ?? 'UTC').date;
  }

  /** Whether anything may begin at all, before it is known what. @throws BudgetRefusal */
  check(): void {
    const why = this.#refusal();
    if (why !== null) throw new BudgetRefusal(why);
  }

  /**
   * Resolves when the call may begin, which near a cap is when those before it have ended.
   * @throws BudgetRefusal; the reason of `signal` where whoever asked has left
   */
  async admit(bound: CallBound, signal: AbortSignal): Promise<Admission> {
    for (;;) {
      signal.throwIfAborted();
      this.check();
      const reserved = this.#reserve(bound);
      if (reserved !== null) {
        this.#underWay.add(reserved);
        let held = true;
        return {
          day: this.today,
          release: () => {
            if (!held) return;
            held = false;
            this.#underWay.delete(reserved);
            this.#spent = null;
            this.#wake();
          },
        };
      }
      await this.#turnToLook(signal);
    }
  }

  /** @returns null where it has to wait for those under way */
  #reserve({ model, inputTokens, outputTokens }: CallBound): Reserved | null {
    const price = findPrice(this.#told?.prices ?? [], model);
    const tokens = inputTokens + outputTokens;
    const dearest = price && Math.max(price.input, price.cached ?? 0, price.cacheWrite ?? 0);
    const free = price !== null && dearest === 0 && price.output === 0;
    const usd = free
      ? 0
      : price === null
        ? Number.POSITIVE_INFINITY
        : (inputTokens * (dearest ?? 0) + outputTokens * price.output) / 1_000_000;
    const reserved = { usd, tokens };
    if (this.#underWay.size === 0 || this.#isLifted) return reserved;
    // Below each cap with all that is under way; what this one may cost matters to those that follow it.
    const held = { usd: 0, tokens: 0 };
    for (const one of this.#underWay) {
      held.usd += one.usd;
      held.tokens += one.tokens;
    }
    return this.#capsLeft().every(({ cap, spent, kind }) => spent + held[kind] < cap) ? reserved : null;
  }

  #capsLeft(): { cap: number; spent: number; kind: 'usd' | 'tokens' }[] {
    const { caps } = this.#told ?? {};
    if (!caps) return [];
    const { day, month } = this.#sums();
    return [
      { cap: caps.dayUsd, spent: day.usd, kind: 'usd' as const },
      { cap: caps.monthUsd, spent: month.usd, kind: 'usd' as const },
      { cap: caps.dayTokens, spent: day.tokens, kind: 'tokens' as const },
      { cap: caps.monthTokens, spent: month.tokens, kind: 'tokens' as const },
    ].flatMap(({ cap, ...rest }) => (cap === null ? [] : [{ cap, ...rest }]));
  }

  #refusal(): string | null {
    if (this.#told === null)
      return 'The gateway has not told the budget yet, so no model is asked. Try again in a moment.';
    if (this.#isLifted) return null;
    const { caps } = this.#told;
    const { day, month } = this.#sums();
    const unpriced = caps.dayUsd !== null ? day.unpriced : caps.monthUsd !== null ? month.unpriced : [];
    const all = caps.monthUsd === null ? unpriced : [...new Set([...unpriced, ...month.unpriced])];
    if (all.length > 0) {
      return `${all.join(', ')} has no price, so the budget in dollars cannot be kept and nothing runs. Write the price into gateway/prices.yaml, or set a budget in tokens.`;
    }
    const over = this.#capsLeft().find(({ cap, spent }) => spent >= cap);
    return over === undefined
      ? null
      : 'The budget is spent: see ./mobyclaw usage; ./mobyclaw usage lift lets everything run for the rest of the day.';
  }

  get #isLifted(): boolean {
    return this.#told?.liftedDay === this.today;
  }

  #sums(): Spent {
    const of = this.today;
    if (this.#spent?.of === of) return this.#spent.sums;
    const month = of.slice(0, 7);
    const elsewhere = this.#told?.elsewhere;
    const plus = (sum: Sum, more: { usd: number; tokens: number } | undefined): Sum =>
      more ? { ...sum, usd: sum.usd + more.usd, tokens: sum.tokens + more.tokens } : sum;
    const sums = {
      day: plus(this.#ledger.sum(of), elsewhere?.day === of ? elsewhere.ofDay : undefined),
      month: plus(this.#ledger.sum(month), elsewhere?.month === month ? elsewhere.ofMonth : undefined),
    };
    this.#spent = { of, sums };
    return sums;
  }

  #turnToLook(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(wake);
    });
  }

  /** All look again, in their order; those for whom it is still too early wait on. */
  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
