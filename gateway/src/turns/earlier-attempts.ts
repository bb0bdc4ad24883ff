/**
 * What the attempts before this one did, from the event log and, where the agent can still tell, from its session: the
 * agent may have started a tool in the very moment in which we died.
 */
import type { StoredSession } from '@mobyclaw/protocol/cagent';
import type { Store } from '../store/store.ts';

export interface EarlierAttempts {
  /** Names of the tools that may have acted, each once. */
  tools: string[];
  /** A tool call has no result: the agent session must not be used again. */
  torn: boolean;
}

export function fromEventLog(store: Store, turnSeq: number): EarlierAttempts {
  const open = new Set<string>();
  const names = new Set<string>();
  for (const tool of store.events.ofType(turnSeq, 'tool')) {
    names.add(tool.name);
    if (tool.phase === 'end') open.delete(tool.id);
    else open.add(tool.id);
  }
  return { tools: [...names], torn: open.size > 0 };
}

/** @param turn id of the turn, which its prompt carries; a run that was cut before the agent had the prompt did nothing */
export function fromAgentSession(session: StoredSession, turn: string): EarlierAttempts {
  const messages = (session.messages ?? []).map(({ message }) => message);
  const lastPrompt = messages.findLastIndex(
    (message) => message.role === 'user' && JSON.stringify(message).includes(turn),
  );
  if (lastPrompt === -1) return { tools: [], torn: false };
  const open = new Set<string>();
  const names = new Set<string>();
  for (const message of messages.slice(lastPrompt + 1)) {
    for (const call of message.tool_calls ?? []) {
      if (call.function.name) names.add(call.function.name);
      open.add(call.id ?? '');
    }
    if (message.role === 'tool') open.delete(message.tool_call_id ?? '');
  }
  return { tools: [...names], torn: open.size > 0 };
}
