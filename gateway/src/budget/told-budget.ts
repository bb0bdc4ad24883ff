/**
 * Tells egress what it decides by before each call: caps, prices, and until when the owner has lifted the caps. Egress keeps
 * it, so a gateway that is away changes nothing. Told again at each change and every half minute, since a price may have been
 * written down and egress may be a new one.
 *
 * What was spent before there was an egress is told once, to one that has never been told anything: from then on it has seen
 * each call itself.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import type { Logger } from '@mobyclaw/lib/logger';
import { type EgressBudget, type EgressCaps, egressStatusSchema } from '@mobyclaw/protocol/egress';
import type { PartClient } from '../parts/part-client.ts';
import type { Budget } from './budget.ts';
import type { PriceTable } from './prices.ts';

const AGAIN_MS = 30_000;
const RETRY = { firstMs: 100, maxMs: 5_000 };
const FIRST_MS = 2_000; // turns of before a restart wait for it no longer

export interface ToldBudgetOptions {
  egress: PartClient;
  /** Null where no cap is set. */
  budget: Budget | null;
  caps: EgressCaps;
  prices: PriceTable;
  timeZone: string;
  clock: Clock;
  logger: Logger;
}

export class ToldBudget {
  readonly #options: ToldBudgetOptions;
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ToldBudgetOptions) {
    this.#options = options;
    options.budget?.onChange(async () => void (await this.#tell()));
  }

  /** Resolves when egress has been told, or does not answer; never rejects. */
  async start(): Promise<void> {
    this.#running = this.#run();
    const waited = new AbortController();
    await Promise.race([this.#first.promise, pause(this.#options.clock, FIRST_MS, waited.signal)]);
    waited.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      if (await this.#tell()) {
        failures = 0;
        this.#first.resolve();
      } else if (failures++ === 0) {
        logger.warn('egress could not be told the budget; it goes on by what it was told before');
      }
      if (this.#stop.signal.aborted) return;
      await pause(clock, failures === 0 ? AGAIN_MS : backoffMs(failures, RETRY), this.#wake.signal);
    }
  }

  async #tell(): Promise<boolean> {
    const { egress, budget, caps, prices, timeZone, clock } = this.#options;
    const signal = this.#stop.signal;
    await prices.refresh();
    const status = egressStatusSchema.safeParse((await egress.request('GET', '/status', { signal }))?.body);
    if (!status.success) return false;
    const today = localTime(clock.now(), timeZone).date;
    const told: EgressBudget = {
      caps,
      timeZone,
      prices: prices.entries,
      liftedDay: budget?.report().lifted ? today : null,
      ...(status.data.caps === null && budget
        ? { elsewhere: { day: today, month: today.slice(0, 7), ...spentIn(budget) } }
        : {}),
    };
    const answer = await egress.request('PUT', '/budget', { body: told, signal });
    return answer?.status === 200;
  }
}

function spentIn(budget: Budget): Pick<NonNullable<EgressBudget['elsewhere']>, 'ofDay' | 'ofMonth'> {
  const { day, month } = budget.report();
  return {
    ofDay: { usd: day.spentUsd, tokens: day.spentTokens },
    ofMonth: { usd: month.spentUsd, tokens: month.spentTokens },
  };
}
