/**
 * Agent sessions for upkeep alone. They are noted as left before they are used, so that a kill leaves none behind, and bear the name
 * of their conversation, so that the weekly sweep finds those whose note a crash has taken.
 */
import type { Permissions } from '@mobyclaw/protocol/cagent';
import type { AgentClient } from '../agent/agent.ts';
import type { Store } from '../store/store.ts';

export interface SideSessionsOptions {
  store: Store;
  agent: Pick<AgentClient, 'createSession'>;
  /** Agent sessions in which a run is under way; they are not deleted. */
  inUse: Set<string>;
  /** Some can be deleted now. */
  onFree: () => void;
}

export class SideSessions {
  readonly #options: SideSessionsOptions;

  constructor(options: SideSessionsOptions) {
    this.#options = options;
  }

  /** @throws AgentError, or what `work` throws */
  async with<T>(
    session: string,
    permissions: Permissions,
    work: (agentSession: string) => Promise<T>,
  ): Promise<T> {
    const { store, agent } = this.#options;
    const id = await agent.createSession(session, permissions);
    return await this.busy(id, () => {
      store.transaction('relaxed', () => store.agentSessions.leave(id));
      return work(id);
    });
  }

  /** Some agent sessions are needed no more. */
  free(): void {
    this.#options.onFree();
  }

  /** While `work` goes on in it, an agent session is not deleted. */
  async busy<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { inUse, onFree } = this.#options;
    inUse.add(id);
    try {
      return await work();
    } finally {
      inUse.delete(id);
      onFree();
    }
  }
}
