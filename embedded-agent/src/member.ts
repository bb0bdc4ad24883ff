/**
 * One of the agents that soul.yaml defines: root, whom people talk to, or another that a run names, such as `heartbeat`
 * with a cheaper model. Each has its own tools and its own model, which is made at its first run.
 */

import { type Environment, resolveModel } from '@mobyclaw/lib/model-ref';
import { createModel, type ResolvedModel, type RunnableModel } from './model/create-model.ts';
import type { AgentConfig, Soul } from './soul/schema.ts';
import { Toolbox, type ToolboxOptions } from './tools/toolbox.ts';

export class Member {
  readonly name: string;
  readonly config: AgentConfig;
  readonly toolbox: Toolbox;
  readonly #soul: Soul;
  readonly #environment: Environment;
  #model: Promise<{ resolved: ResolvedModel; runnable: RunnableModel }> | null = null;

  constructor(name: string, config: AgentConfig, soul: Soul, options: ToolboxOptions) {
    this.name = name;
    this.config = config;
    this.toolbox = new Toolbox(soul, config.toolsets ?? [], options);
    this.#soul = soul;
    this.#environment = options.environment;
  }

  /** @throws ModelConfigError */
  model(): Promise<{ resolved: ResolvedModel; runnable: RunnableModel }> {
    if (!this.#model) {
      const resolved = resolveModel(this.#soul, this.#environment, this.name);
      const window = Number(this.#environment.MOBYCLAW_CONTEXT_WINDOW) || 0;
      this.#model = createModel(resolved, window).then((runnable) => ({ resolved, runnable }));
    }
    return this.#model;
  }
}
