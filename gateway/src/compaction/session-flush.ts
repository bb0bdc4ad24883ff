/**
 * A flush on the agent session that holds what leaves the model's sight, which may be the conversation's own. It makes that one
 * fuller, and restricts it; so before anything is sent it is on disk that the conversation's next turn takes a new one, and only
 * a flush after which it can be gone on with takes that back. A kill, an overflow and a tool call without a result leave it so.
 */
import type { Logger } from '@mobyclaw/lib/logger';
import type { AgentClient } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { CompactionRow } from '../store/compaction-store.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import { type Flush, type Flushed, MEMORY_ALONE, Unreadable } from './flush.ts';
import type { Gauge } from './gauge.ts';
import type { Left } from './hidden-turns.ts';
import type { SideSessions } from './side-sessions.ts';

export interface SessionFlushOptions {
  store: Store;
  agent: Pick<AgentClient, 'setPermissions'>;
  flush: Flush;
  sessions: SideSessions;
  gauge: Pick<Gauge, 'note' | 'refused'>;
  logger: Logger;
}

export class SessionFlush {
  readonly #options: SessionFlushOptions;

  constructor(options: SessionFlushOptions) {
    this.#options = options;
  }

  /**
   * @param live whether it is the conversation's own; then no turn runs in it meanwhile
   * @throws Unreadable where the exchanges are to be read instead, AgentError
   */
  async of(
    row: CompactionRow & { agentSession: string },
    live: boolean,
    signal: AbortSignal,
  ): Promise<Flushed> {
    const { store, sessions } = this.#options;
    const { session, agentSession } = row;
    store.transaction('relaxed', () => {
      // Until it has come to its end it counts as failed, so that after a kill the exchanges are read instead.
      store.compactions.change(row.id, { flush: 'failed', reason: 'It was cut off.' });
      if (!live) return;
      store.sessions.setRestricted(session, true);
      store.sessions.takeNewAgentSession(session);
    });
    return await sessions.busy(agentSession, () => this.#run(row, live, signal));
  }

  async #run(
    row: CompactionRow & { agentSession: string },
    live: boolean,
    signal: AbortSignal,
  ): Promise<Flushed> {
    const { agent, flush } = this.#options;
    const { session, agentSession } = row;
    let openToolCall = false;
    let refused = false;
    try {
      await agent.setPermissions(agentSession, MEMORY_ALONE);
      return await flush.ofSession(row, signal, async (left) => {
        openToolCall = left.openToolCall;
        if (live) await this.#measure(row, left);
      });
    } catch (error) {
      if (!(error instanceof AgentError) || error.remedy !== 'new-session') throw error;
      refused = true;
      if (live && error.code === 'context_overflow') this.#options.gauge.refused(session, null, error);
      throw new Unreadable(error.message, { cause: error });
    } finally {
      if (live && !refused && !openToolCall) await this.#goOn(session, agentSession);
    }
  }

  /** The conversation's next turn has to know that it is fuller now. */
  async #measure({ session, agent }: CompactionRow, { text, contexts }: Left): Promise<void> {
    if (!contexts) return;
    await this.#options.gauge.note({ session, agentName: agent, text, fresh: false, ...contexts });
  }

  async #goOn(session: string, agentSession: string): Promise<void> {
    const { store } = this.#options;
    store.transaction('relaxed', () => store.sessions.keepAgentSession(session, agentSession));
    await this.lift(session, agentSession);
  }

  /** Gives a conversation's agent session its own permissions again. Where the agent is away, the next turn does it. */
  async lift(session: string, agentSession: string): Promise<void> {
    const { store, agent, logger } = this.#options;
    try {
      await agent.setPermissions(agentSession, null);
      store.transaction('relaxed', () => store.sessions.setRestricted(session, false));
    } catch (error) {
      if (!(error instanceof AgentError) && !(error instanceof StoreError)) throw error;
      logger.warn({ err: error, session }, 'permissions of an agent session are put back by its next turn');
    }
  }
}
