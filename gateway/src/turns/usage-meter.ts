import type { Usage } from '@mobyclaw/protocol/usage';

export interface CallUsage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number | undefined;
  costUsd?: number | undefined;
  model: string;
}

/** Sums the model calls of a turn. The cost is unknown as soon as that of one call is. */
export class UsageMeter {
  #total: Usage | null = null;
  #priced = true;

  add(call: CallUsage): Usage {
    const before = this.#total;
    this.#priced &&= call.costUsd !== undefined;
    const cachedTokens = (before?.cachedTokens ?? 0) + (call.cachedTokens ?? 0);
    this.#total = {
      inputTokens: (before?.inputTokens ?? 0) + call.inputTokens,
      outputTokens: (before?.outputTokens ?? 0) + call.outputTokens,
      ...(cachedTokens > 0 ? { cachedTokens } : {}),
      ...(this.#priced ? { costUsd: (before?.costUsd ?? 0) + (call.costUsd ?? 0) } : {}),
      model: call.model,
    };
    return this.#total;
  }

  get total(): Usage | null {
    return this.#total;
  }
}
