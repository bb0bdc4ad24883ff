/**
 * Deletes at the agent what no conversation uses any more: an agent keeps its sessions for ever. What is to be deleted is
 * on disk (store/migrations/017-agent-sessions.ts), so neither a crash nor an agent that is away loses it.
 *
 * Once a week the agent is also asked for all it has, for what was orphaned: by a version before this one, or by a crash
 * between making a session and noting it. What is deleted then bears the name of a conversation, as all that we make do and
 * sub-agents' sessions do not, belongs to none, and is an hour old, so that a turn cannot just have made it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, every, pause, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { sessionKeySchema } from '@mobyclaw/protocol/session-key';
import type { AgentClient } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';

const FIRST_MS = 60_000; // after the start, when there is better to do
const INTERVAL_MS = 3_600_000;
const SWEEP_MS = 7 * 86_400_000; // older agents read their whole history for it
const YOUNG_MS = 3_600_000;
const IDLE_MS = 8 * 86_400_000; // what runs once a week is still in use
const AGENT_AWAY_MS = 60_000;

export interface AgentSessionCleanupOptions {
  store: Store;
  agent: Pick<AgentClient, 'deleteSession' | 'sessions'>;
  /** Sessions in which a run is under way, also those that their conversation has left meanwhile. */
  inUse: () => ReadonlySet<string>;
  clock: Clock;
  logger: Logger;
}

export class AgentSessionCleanup {
  readonly #options: AgentSessionCleanupOptions;
  readonly #stop = new AbortController();
  #timer: Timer | null = null;
  #working: Promise<void> | null = null;
  #again = false;

  constructor(options: AgentSessionCleanupOptions) {
    this.#options = options;
  }

  start(): void {
    const tidy = (): void => void this.sweep().then(() => this.poke());
    this.#timer = every(this.#options.clock, INTERVAL_MS, tidy, FIRST_MS);
  }

  /** Does not wait for a call that is under way: what was not deleted stays noted on disk. */
  stop(): void {
    this.#timer?.cancel();
    this.#stop.abort();
  }

  /** To be called when a conversation has left a session, or a run has ended: deletes what is due. Never rejects. */
  poke(): Promise<void> {
    if (this.#working) this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
    return this.#working;
  }

  async #work(): Promise<void> {
    const { store, clock } = this.#options;
    do {
      this.#again = false;
      await nextTurn(); // until then the transaction in which a session was left may still fail
      if (this.#stop.signal.aborted) return;
      try {
        for (const id of store.agentSessions.left()) {
          if (this.#stop.signal.aborted) return;
          if (await this.#delete(id)) continue;
          await pause(clock, AGENT_AWAY_MS, this.#stop.signal);
          this.#again = true;
          break;
        }
      } catch (error) {
        this.#logFault(error);
      }
    } while (this.#again && !this.#stop.signal.aborted);
  }

  /** @returns false where the agent is away, so that all others would fail too */
  async #delete(id: string): Promise<boolean> {
    const { store, agent, inUse, logger } = this.#options;
    if (inUse().has(id) || store.agentSessions.isUsed(id)) return true; // when its run ends, `poke` is called again
    try {
      await agent.deleteSession(id);
    } catch (error) {
      if (this.#stop.signal.aborted) return true;
      if (!(error instanceof AgentError)) throw error;
      logger.warn(
        { err: error, agentSession: id },
        'an agent session that is no longer used could not be deleted yet',
      );
      return error.remedy !== 'agent-back';
    }
    if (!this.#stop.signal.aborted) store.transaction('relaxed', () => store.agentSessions.forget(id));
    return true;
  }

  /** Notes the sessions that no conversation uses; `poke` deletes them. Never rejects. */
  async sweep(): Promise<void> {
    const { store, agent, inUse, clock, logger } = this.#options;
    const now = clock.now();
    try {
      store.transaction('relaxed', () => store.agentSessions.leaveIdleBackground(now - IDLE_MS));
      if (now - store.agentSessions.sweptAt() < SWEEP_MS || inUse().size > 0) return;
      const known = await agent.sessions();
      if (this.#stop.signal.aborted) return;
      const orphans = known.filter(
        ({ id, title, createdAt }) =>
          createdAt < now - YOUNG_MS &&
          sessionKeySchema.safeParse(title).success &&
          !inUse().has(id) &&
          !store.agentSessions.isUsed(id),
      );
      store.transaction('relaxed', () => {
        for (const { id } of orphans) store.agentSessions.leave(id);
        store.agentSessions.setSwept(now);
      });
      if (orphans.length > 0)
        logger.info({ sessions: orphans.length }, 'orphaned agent sessions are deleted');
    } catch (error) {
      this.#logFault(error);
    }
  }

  /** Nothing depends on it now; the next hour tries again. */
  #logFault(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (!(error instanceof AgentError) && !(error instanceof StoreError)) throw error;
    this.#options.logger.warn({ err: error }, 'agent sessions could not be tidied up yet');
  }
}
