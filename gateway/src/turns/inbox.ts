/**
 * Accepts every message, wherever it comes from. A message is accepted when it is on disk, and only then is its sender told
 * so. Its key (adapter, account, chat, message id) makes a redelivery the same turn, across restarts too.
 *
 * The turn is begun while the disk still syncs, so that the first token does not wait for it; a power cut in these
 * milliseconds takes a message that nobody was told had been accepted. Messages that arrive together share one transaction.
 * Whatever goes wrong, each caller learns whether its own message was accepted; a refused one left no trace.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Attachment, QueueMode } from '@mobyclaw/protocol/prompt';
import { GroupCommit } from '../store/group-commit.ts';
import type { Store } from '../store/store.ts';
import type { DeliveryTarget, TurnRow } from '../store/turn-store.ts';

const MOST_GATHERING_MS = 5; // 20 messages in one transaction cost as much as three in one each

export interface InboundMessage {
  /** Unique for 30 days; without one, each call is a message of its own. */
  key?: string;
  /** What the client calls the message, to know it again among the events. */
  clientKey?: string;
  session: string;
  /** Adapter that brought it: api, cli, telegram … */
  source: string;
  /** Who wrote it, as the platform names them. */
  sender: string;
  prompt: string;
  attachments: Attachment[];
  /** What came, if prompt or attachments are made from it; a repeat is recognised by this. */
  sent?: { prompt: string; attachments: readonly Attachment[] };
  queueMode: QueueMode | null;
  /** For this message alone, as soul.yaml calls it. */
  modelWanted?: string | null;
  /** Where the answer goes, besides to whoever follows the turn. */
  deliverTo?: DeliveryTarget;
  /** Lines for the model about this message. */
  notes?: readonly string[];
  /** Written by somebody who is not the owner: tools of the gateway stay within this chat. */
  guest?: boolean;
  /** Brought by a webhook that is not trusted: its turn may do nothing but answer. */
  confined?: boolean;
  /** What the owner would be asked about is refused at once. */
  noAsk?: boolean;
  /** It was spoken, so by default the answer is too. */
  spoken?: boolean;
}

export interface Accepted {
  turn: TurnRow;
  /** The message had been accepted before; nothing new was started. */
  duplicate: boolean;
  /** Turns of the session ahead of it. */
  position: number;
}

/** The session has as many waiting turns as it may have. */
export class QueueFullError extends Error {
  override name = 'QueueFullError';
  readonly limit: number;

  constructor(session: string, limit: number) {
    super(
      `${limit} messages are already waiting in ${session}. Wait for an answer, or stop the session, and send it again.`,
    );
    this.limit = limit;
  }
}

/** The key was used for another message. */
export class KeyReusedError extends Error {
  override name = 'KeyReusedError';
  readonly turn: string;

  constructor(turn: string) {
    super('This idempotency key was used for another message. Use a new key for a new message.');
    this.turn = turn;
  }
}

export interface InboxOptions {
  store: Store;
  clock: Clock;
  /** Turns that may wait in one session. */
  queueLimit: number;
  /** Called once for each new turn, after it is stored and before its sender is told. */
  onAccepted: (turn: TurnRow) => void;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #group: GroupCommit<InboundMessage, Accepted>;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#group = new GroupCommit({
      commit: (messages) => this.#storeAll(messages),
      synced: () => options.store.synced(),
      mostGatheringMs: MOST_GATHERING_MS, // Node takes up about one new connection in each turn of the event loop
    });
  }

  /** @throws QueueFullError, KeyReusedError, or StoreError where it could not be stored */
  accept(message: InboundMessage): Promise<Accepted> {
    return this.#group.add(message);
  }

  #storeAll(messages: readonly InboundMessage[]): (Accepted | Error)[] {
    const { store, onAccepted } = this.#options;
    const results = store.transaction('relaxed', () => messages.map((message) => this.#store(message)));
    for (const result of results) {
      if (!(result instanceof Error) && !result.duplicate) onAccepted(result.turn);
    }
    return results;
  }

  /** A refusal is a value, so that it does not undo the messages that share the transaction. */
  #store(message: InboundMessage): Accepted | QueueFullError | KeyReusedError {
    const { turns, sessions, events } = this.#options.store;
    const bodyHash = message.key === undefined ? '' : hashOf(message);
    const known = message.key === undefined ? null : turns.inboxEntry(message.key);
    if (known) {
      const turn = turns.find(known.turn);
      if (turn && known.bodyHash === bodyHash) {
        return { turn, duplicate: true, position: turns.countAhead(turn.session, turn.seq) };
      }
      return new KeyReusedError(known.turn);
    }
    if (turns.countWaiting(message.session) >= this.#options.queueLimit) {
      return new QueueFullError(message.session, this.#options.queueLimit);
    }
    const now = this.#options.clock.now();
    const {
      source,
      sender,
      prompt,
      attachments,
      queueMode,
      modelWanted = null,
      deliverTo = null,
      notes = [],
      guest = false,
      confined = false,
      noAsk = false,
      spoken = false,
    } = message;
    const session = this.#options.store.names.current(message.session);
    const said = {
      session,
      source,
      sender,
      prompt,
      attachments,
      queueMode,
      modelWanted,
      deliverTo,
      notes,
      guest,
      confined,
      noAsk,
      spoken,
    };
    const fresh = { id: uuidv7(), ...said, createdAt: now };
    sessions.touch(session, now);
    const seq = turns.insert(fresh);
    if (message.key !== undefined) turns.insertInboxEntry(message.key, { turn: fresh.id, bodyHash }, now);
    const position = turns.countAhead(session, seq);
    const queued = { turn: fresh.id, position, ...(message.clientKey && { key: message.clientKey }) };
    events.insert([{ turn: seq, id: 1, type: 'queued', data: JSON.stringify(queued) }]);
    return { turn: { ...fresh, seq, ...NOT_STARTED }, duplicate: false, position };
  }
}

const NOT_STARTED = {
  state: 'queued',
  attempt: 0,
  excused: 0,
  startedAt: null,
  finishedAt: null,
  answer: null,
  cut: false,
  error: null,
  usage: null,
  mergedInto: null,
} as const;

/** A message that names no model has the hash that it had before there were any: keys are kept over an upgrade. */
function hashOf({
  session,
  prompt,
  attachments,
  sent = { prompt, attachments },
  modelWanted,
}: InboundMessage): string {
  const model = modelWanted ? [modelWanted] : [];
  return createHash('sha256')
    .update(JSON.stringify([session, sent.prompt, sent.attachments, ...model]))
    .digest('base64url');
}
