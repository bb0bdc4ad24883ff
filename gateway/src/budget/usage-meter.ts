import type { Usage } from '@mobyclaw/protocol/usage';

export interface CallUsage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
  /** As the agent reported it. */
  costUsd?: number | undefined;
  model: string;
}

/** @returns US dollars; null where it is unknown */
export type CostOf = (call: CallUsage) => number | null;

/** Sums the model calls of a turn. */
export class UsageMeter {
  readonly #calls: CallUsage[] = [];

  get empty(): boolean {
    return this.#calls.length === 0;
  }

  add(call: CallUsage): void {
    this.#calls.push(call);
  }

  /**
   * The cost is unknown as soon as that of one call is. The model is the one called last; where one has no price it is
   * that one, so that a sub-agent's model of unknown price is not hidden behind a priced one.
   * @returns null where no call was made
   */
  total(costOf: CostOf): Usage | null {
    const last = this.#calls.at(-1);
    if (!last) return null;
    const costs = this.#calls.map(costOf);
    const unpriced = this.#calls[costs.indexOf(null)];
    const sum = (pick: (call: CallUsage) => number | undefined): number =>
      this.#calls.reduce((total, call) => total + (pick(call) ?? 0), 0);
    const cachedTokens = sum((call) => call.cachedTokens);
    const cacheWriteTokens = sum((call) => call.cacheWriteTokens);
    return {
      inputTokens: sum((call) => call.inputTokens),
      outputTokens: sum((call) => call.outputTokens),
      ...(cachedTokens > 0 ? { cachedTokens } : {}),
      ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
      ...(unpriced ? {} : { costUsd: costs.reduce<number>((total, cost) => total + (cost ?? 0), 0) }),
      model: (unpriced ?? last).model,
    };
  }
}
