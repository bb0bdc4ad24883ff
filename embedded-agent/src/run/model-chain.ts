/**
 * The models of an agent in their order: its own, then those of `fallback`, each asked where the one before it failed, with
 * the events that cagent sends. Where its own refused (a limit, a key, anything that a moment later is the same), the one
 * that answered instead is asked first for as long as `cooldown` says; then the own one again. Each session has a
 * cool-down of its own, since a refusal may be about what stands in it. An answer that broke off is begun anew by the
 * next model: no tool of it has run yet.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { RunModel } from '../model/create-model.ts';
import type { FallbackConfig } from '../soul/schema.ts';
import { failureText } from './error-text.ts';
import type { Answer, ModelQuestion } from './model-call.ts';
import { mayRecover } from './retry.ts';
import type { Emit } from './run-events.ts';

const COOLDOWN_MS = 60_000; // cagent's default
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Which model a session asks first, and until when, by the one that it would ask. */
export class Cooldown {
  readonly #pinned = new Map<RunModel, { index: number; until: number }>();

  /** @returns its place in the chain; 0 is `own` itself */
  first(own: RunModel, now: number): number {
    const { index = 0, until = 0 } = this.#pinned.get(own) ?? {};
    return now < until ? index : 0;
  }

  begin(own: RunModel, index: number, until: number): void {
    this.#pinned.set(own, { index, until });
  }

  end(own: RunModel): void {
    this.#pinned.delete(own);
  }
}

export interface ModelChainOptions {
  models: readonly [RunModel, ...RunModel[]];
  fallback: FallbackConfig | undefined;
  cooldown: Cooldown;
  clock: Clock;
  /** Of the run. */
  signal: AbortSignal;
  emit: Emit;
  /** How often a model is asked again, where `fallback` does not say. */
  maxRetries: number;
  /** A model other than the last one answers from now on. */
  onModel(model: RunModel): void;
}

export class ModelChain {
  readonly #options: ModelChainOptions;
  #answering: RunModel;

  constructor(options: ModelChainOptions) {
    this.#options = options;
    this.#answering = options.models[0];
  }

  /** @throws what the last model failed with; the signal's reason where the run is cancelled */
  async ask(
    call: (how: Pick<ModelQuestion, 'model' | 'maxRetries' | 'nextWaits'>) => Promise<Answer>,
  ): Promise<Answer> {
    const { models, cooldown, clock, signal } = this.#options;
    const maxRetries = this.#retries();
    let refused = false;
    const [own] = models;
    let index = cooldown.first(own, clock.now());
    for (let model = models[index]; model; model = models[++index]) {
      const next = models[index + 1];
      try {
        const answer = await call({ model, maxRetries, nextWaits: next !== undefined });
        if (index === 0) cooldown.end(own);
        else if (refused) cooldown.begin(own, index, clock.now() + this.#cooldownMs());
        this.#answeredBy(model);
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!next) throw error;
        refused ||= index === 0 && !mayRecover(error);
        this.#options.emit({
          type: 'model_fallback',
          failed_model: nameOf(model),
          fallback_model: nameOf(next),
          reason: failureText(error),
          attempt: 1,
          max_attempts: 1 + maxRetries,
        });
      }
    }
    throw new Error('an agent has at least one model');
  }

  #answeredBy(model: RunModel): void {
    if (model === this.#answering) return;
    this.#answering = model;
    this.#options.onModel(model);
  }

  #retries(): number {
    const { models, fallback, maxRetries } = this.#options;
    const asked = fallback?.retries ?? 0;
    if (models.length === 1 || asked === 0) return maxRetries; // without models it has no effect, as in cagent
    return Math.max(0, asked);
  }

  #cooldownMs(): number {
    const text = this.#options.fallback?.cooldown ?? '';
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    const ms = parts.reduce(
      (sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
      0,
    );
    return ms || COOLDOWN_MS;
  }
}

/** As events name it. */
export function nameOf({ resolved: { provider, model } }: RunModel): string {
  return `${provider}/${model}`;
}
