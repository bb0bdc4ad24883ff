/** What Moby sent into a conversation by himself and its agent session has not been told yet. */
import type { MessageRow } from '../store/message-store.ts';
import type { Store } from '../store/store.ts';

const MOST = 10; // the newest; what came before is in the history

export interface SentSince {
  messages: MessageRow[];
  /** Remember it once the agent has had the messages. Null where there are none. */
  upto: number | null;
}

/** @param history what a new agent session is told anyway */
export function sentSince(store: Store, session: string, history: readonly MessageRow[]): SentSince {
  const { toldUpto = 0, seedFrom = 0 } = store.sessions.find(session) ?? {};
  const sent = store.messages.sentAfter(session, Math.max(toldUpto, seedFrom), MOST);
  const known = new Set(history.map(({ id }) => id));
  return { messages: sent.filter(({ id }) => !known.has(id)), upto: sent.at(-1)?.id ?? null };
}
