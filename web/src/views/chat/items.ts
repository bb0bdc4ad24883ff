/**
 * What a conversation shows, in order: its history, then the turns under way, then what was sent and is not accepted yet.
 * A message keeps its key from the moment it was typed to when it is history, so that nothing is drawn twice.
 */
import type { MessageView } from '@mobyclaw/protocol/session';
import type { LiveTurn } from '../../data/live-turns.ts';
import type { OutboxEntry } from '../../data/outbox.ts';

export type Item =
  | { kind: 'message'; key: string; message: MessageView }
  /** An answer that is being written, or has ended and is not in the history yet. */
  | { kind: 'answer'; key: string; turn: LiveTurn }
  /** Accepted, and not begun; `position`: how many are ahead, null where another turn answers it too. */
  | { kind: 'waiting'; key: string; turn: LiveTurn; position: number | null }
  | { kind: 'outbox'; key: string; entry: OutboxEntry; isAccepted: boolean };

export interface ItemSources {
  messages: readonly MessageView[];
  /** Of this conversation, in the order of arrival. */
  turns: readonly LiveTurn[];
  /** Of this conversation, the oldest first. */
  entries: readonly OutboxEntry[];
  accepted: readonly { entry: OutboxEntry; turn: string }[];
  /** Whether the messages go up to now. */
  atEnd: boolean;
}

const known = new WeakMap<MessageView, Item>();

/** The same item for the same message, so that nothing of it is drawn again. */
function itemOf(message: MessageView, key: string): Item {
  const before = known.get(message);
  if (before?.key === key) return before;
  const item: Item = { kind: 'message', key, message };
  known.set(message, item);
  return item;
}

/** @returns the items, and the keys of accepted entries that are among them as turns or messages */
export function itemsOf({ messages, turns, entries, accepted, atEnd }: ItemSources): {
  items: Item[];
  seen: ReadonlySet<string>;
} {
  const items: Item[] = [];
  const keys = new Set<string>();
  for (const message of messages) {
    const ofTurn = `${message.role}:${message.turn}`;
    const key = message.sentBy !== undefined || keys.has(ofTurn) ? `message:${message.id}` : ofTurn;
    keys.add(key);
    items.push(itemOf(message, key));
  }
  if (!atEnd) return { items, seen: new Set() };
  let ahead = 0;
  for (const turn of turns) {
    const isOver = turn.ending.value !== null;
    const merged = turn.mergedInto.value !== null;
    if (!keys.has(`user:${turn.key}`))
      items.push({ kind: 'waiting', key: `user:${turn.key}`, turn, position: merged ? null : ahead });
    const speaks = turn.started.value && !(isOver && turn.text.value === '');
    if (speaks && !keys.has(`assistant:${turn.key}`))
      items.push({ kind: 'answer', key: `assistant:${turn.key}`, turn });
    if (!merged && !isOver) ahead++;
  }
  const sentKeys = new Set(turns.map(({ clientKey }) => clientKey.value));
  const shownTurns = new Set([...messages.map(({ turn }) => turn), ...turns.map(({ key }) => key)]);
  const seen = new Set(accepted.filter(({ turn }) => shownTurns.has(turn)).map(({ entry }) => entry.key));
  const waiting = [
    ...accepted.filter(({ entry }) => !seen.has(entry.key)).map(({ entry }) => ({ entry, isAccepted: true })),
    ...entries.map((entry) => ({ entry, isAccepted: false })),
  ];
  for (const { entry, isAccepted } of waiting) {
    if (!sentKeys.has(entry.key))
      items.push({ kind: 'outbox', key: `outbox:${entry.key}`, entry, isAccepted });
  }
  return { items, seen };
}
