/**
 * Puts what Moby sends by himself into the history of the conversation it lands in, so that an answer to it is understood.
 * The agent's session of that conversation was not there when it was sent; its next turn is told.
 */
import type { Store } from './store.ts';

export interface Sent {
  session: string;
  /** Of the delivery: each is recorded once. */
  id: string;
  text: string;
  /** Names of files that went along. */
  files?: readonly { name: string }[];
  /** What made him send it, for the model and for people; null where the session's own turn did, which knows. */
  sentBy: string | null;
  at: number;
}

/** Within the transaction that accepts the delivery. */
export function recordSent({ sessions, messages }: Store, sent: Sent): void {
  const { session, id, text, files = [], sentBy, at } = sent;
  if (messages.firstOfTurn(session, id)) return;
  sessions.ensure(session, at);
  const all = [text, ...files.map(({ name }) => `[file ${name}]`)].filter((part) => part !== '').join('\n');
  messages.insert({ session, turn: id, role: 'assistant', text: all, sentBy, at });
}
