/**
 * One of the agents that soul.yaml defines: root, whom people talk to, or another that a run names, such as `heartbeat`
 * with a cheaper model. Each has its own tools and its own model, which is made at its first run.
 */

import { type Environment, resolveAll, resolveNamed } from '@mobyclaw/lib/model-ref';
import { createModel, type RelayedModel, type ResolvedModel, type RunModel } from './model/create-model.ts';
import { relayed } from './model/relayed.ts';
import type { AgentConfig, Soul } from './soul/schema.ts';
import { Toolbox, type ToolboxOptions } from './tools/toolbox.ts';

export class Member {
  readonly name: string;
  readonly config: AgentConfig;
  readonly toolbox: Toolbox;
  readonly #soul: Soul;
  readonly #environment: Environment;
  readonly #named = new Map<string, Promise<RunModel>>();
  #models: Promise<[RunModel, ...RunModel[]]> | null = null;

  constructor(name: string, config: AgentConfig, soul: Soul, options: ToolboxOptions) {
    this.name = name;
    this.config = config;
    this.toolbox = new Toolbox(soul, config, options);
    this.#soul = soul;
    this.#environment = options.environment;
  }

  /** Its own model, then those that go on where it fails. @throws ModelConfigError */
  models(): Promise<[RunModel, ...RunModel[]]> {
    if (!this.#models) {
      const [own, ...others] = resolveAll(this.#soul, this.#environment, this.name);
      const window = Number(this.#environment.MOBYCLAW_CONTEXT_WINDOW) || 0;
      // The window that the owner names is that of the model he chose, not of those behind it.
      const made = [
        createModel(own, window, this.#relayed(own)),
        ...others.map((other) => createModel(other, 0, this.#relayed(other))),
      ] as const;
      this.#models = Promise.all(made);
    }
    return this.#models;
  }

  /** Another model instead of its own, by an entry of `models` or `provider/model`. @throws ModelConfigError */
  async modelsWith(ref: string): Promise<[RunModel, ...RunModel[]]> {
    const [own, ...others] = await this.models();
    const resolved = resolveNamed(this.#soul, this.#environment, ref);
    const isThat = ({ resolved: { provider, model, settings } }: RunModel): boolean =>
      settings === resolved.settings || (provider === resolved.provider && model === resolved.model);
    if (isThat(own)) return [own, ...others];
    const known = this.#named.get(ref) ?? createModel(resolved, 0, this.#relayed(resolved));
    this.#named.set(ref, known);
    return [await known, ...others.filter((other) => !isThat(other))];
  }

  #relayed(resolved: ResolvedModel): RelayedModel | null {
    return relayed(this.#soul, this.#environment, resolved);
  }
}
