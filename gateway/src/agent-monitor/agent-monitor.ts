/** What is known of the agent's health, for `status` and `/readyz`: asked at most once a second, whoever wants to know. */
import type { Clock } from '@mobyclaw/lib/clock';
import { type Engine, type SupervisorStatus, supervisorStatusSchema } from '@mobyclaw/protocol/control';
import type { AgentClient } from '../agent/agent.ts';
import type { PartClient } from '../parts/part-client.ts';

const FRESH_MS = 1000;

export interface AgentHealth {
  reachable: boolean;
  /** Tool servers that the agent cannot use, each with the reason. */
  toolProblems: readonly string[];
  engine: Engine | null;
  /** As the agent named it in its last run. */
  model: string | null;
  /** What is wrong and what to do. */
  detail: string | null;
  /** What the engine was started with, once it is up; null where nobody can tell. */
  soul: { hash: string; altered: boolean } | null;
}

export interface AgentMonitorOptions {
  agent: Pick<AgentClient, 'readiness'>;
  /** The supervisor beside the agent, where there is one. */
  supervisor: PartClient | null;
  clock: Clock;
}

export class AgentMonitor {
  readonly #options: AgentMonitorOptions;
  #model: string | null = null;
  #asked: { at: number; health: Promise<AgentHealth> } | null = null;

  constructor(options: AgentMonitorOptions) {
    this.#options = options;
  }

  noteModel(model: string): void {
    this.#model = model;
  }

  /** The agent was restarted: what was seen before says nothing any more. */
  forget(): void {
    this.#asked = null;
    this.#model = null;
  }

  async health(): Promise<AgentHealth> {
    const now = this.#options.clock.now();
    if (!this.#asked || now - this.#asked.at >= FRESH_MS) this.#asked = { at: now, health: this.#ask() };
    return { ...(await this.#asked.health), model: this.#model };
  }

  async #ask(): Promise<AgentHealth> {
    const [{ ready: reachable, toolProblems }, supervisor] = await Promise.all([
      this.#options.agent.readiness(),
      this.#supervisorStatus(),
    ]);
    return {
      reachable,
      toolProblems,
      engine: supervisor?.engine ?? null,
      model: this.#model,
      detail:
        supervisor?.problem?.message ?? (reachable ? null : 'The agent does not answer. Look at its log.'),
      soul:
        supervisor?.state === 'ready' && supervisor.soul !== null
          ? { hash: supervisor.soul, altered: supervisor.altered === true }
          : null,
    };
  }

  async #supervisorStatus(): Promise<SupervisorStatus | null> {
    const answer = await this.#options.supervisor?.request('GET', '/status');
    const parsed = supervisorStatusSchema.safeParse(answer?.body);
    return parsed.success ? parsed.data : null;
  }
}
