/** The line that stands in a conversation where it was made shorter, and once below the next answer in a messenger. */
import type { Store } from '../store/store.ts';

const BY_US = 'The conversation was made shorter: a summary takes the place of all but the last exchanges.';
const BY_ENGINE =
  'The agent made the conversation shorter by itself: a summary of its own takes the place of what was said before.';
const LINES: ReadonlySet<string> = new Set([BY_US, BY_ENGINE]);
const MOST_BETWEEN = 20; // messages since the last answer

/** Within a transaction. */
export function markShorter(store: Store, session: string, at: number, by: 'us' | 'engine' = 'us'): void {
  const text = by === 'us' ? BY_US : BY_ENGINE;
  store.messages.insert({ session, turn: '', role: 'marker', text, at });
}

/** @param turn that is being answered @returns the line where there is one since the answer before; else null */
export function shorterSince(store: Store, session: string, turn: string): string | null {
  for (const message of store.messages.recent(session, MOST_BETWEEN).toReversed()) {
    if (message.role === 'marker' && LINES.has(message.text)) return message.text;
    if (message.role === 'assistant' && message.sentBy === null && message.turn !== turn) return null;
  }
  return null;
}
