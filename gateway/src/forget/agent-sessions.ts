/**
 * The agent's own records of conversations. What is to be forgotten cannot be cut out of one, so a session that holds it is left
 * and deleted as a whole; its conversation goes on in a new one, which is told the recent exchanges without it.
 */
import type { StoredSession } from '@mobyclaw/protocol/cagent';
import type { ForgetMark } from '@mobyclaw/protocol/forget';
import { Phrase } from '@mobyclaw/recall/phrase';
import type { AgentClient } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import { mentions } from '../store/json-mentions.ts';
import type { Store } from '../store/store.ts';

export interface AgentSessionsOptions {
  store: Store;
  agent: Pick<AgentClient, 'sessions' | 'storedSession' | 'deleteSession'>;
}

export interface FoundSessions {
  ids: string[];
  /** What cannot be told or done now; sentences. */
  left: string[];
}

/** @param conversations those in which it was found */
export async function agentSessionsWith(
  mark: ForgetMark,
  conversations: ReadonlySet<string>,
  { store, agent }: AgentSessionsOptions,
): Promise<FoundSessions> {
  const ids = new Set<string>();
  for (const key of conversations) {
    const id = store.sessions.find(key)?.agentSession;
    if (id) ids.add(id);
  }
  if (!('phrase' in mark)) return { ids: [...ids], left: [] };
  const phrase = Phrase.marked(mark.phrase);
  try {
    for (const { id, title } of await agent.sessions()) {
      if (ids.has(id)) continue;
      const stored: StoredSession | null = await agent.storedSession(id);
      if (phrase.isIn(title) || mentions(stored, phrase)) ids.add(id);
    }
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { ids: [...ids], left: [AWAY] };
  }
  return { ids: [...ids], left: [] };
}

const AWAY = 'The agent does not answer, so what stands in his own records of conversations is not known.';

/** @returns what is still to be deleted; sentences */
export async function leaveAgentSessions(
  ids: readonly string[],
  { store, agent }: AgentSessionsOptions,
): Promise<string[]> {
  store.transaction('durable', () => {
    for (const id of ids) {
      store.sessions.forgetAgentSession(id);
      store.agentSessions.leave(id);
    }
  });
  let left = 0;
  for (const id of store.agentSessions.left()) {
    try {
      await agent.deleteSession(id);
      store.transaction('relaxed', () => store.agentSessions.forget(id));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      left++;
    }
  }
  return left === 0
    ? []
    : [`${left} of the agent's own records of conversations could not be deleted yet; he does not answer.`];
}
