/**
 * Everything that happens, for pages that look on: one block for all of them, at most one each FRAME_MS. Reads turns, events
 * and the history; writes nothing. While nobody looks on it does nothing at all.
 *
 * A reader who comes back is first told what happened since, from the store, and from then on gets the same blocks as all
 * others. Nothing comes between the two, because both happen in one turn of the event loop.
 *
 * At 100 tokens a second most of the bytes would be frame. So if a block would hold nothing but more text of the turn that
 * the block before ended with, it is that text alone, without an id; at most a second long, since whoever comes back is told
 * again what came after the last id.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { endsTurn, type NumberedEvent } from '@mobyclaw/protocol/events';
import { type ChangedTopic, changedTopicSchema, type LiveEvent } from '@mobyclaw/protocol/live';
import type { Changes } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { EventLog } from '../turns/event-log.ts';
import { type LiveCursor, readCursor, writeCursor } from './live-cursor.ts';
import { LiveBatch, toLiveTurn } from './live-events.ts';

const FRAME_MS = 16; // a screen shows no more, and each block costs some bytes
const UNNUMBERED_MS = 1000;
const MOST_MESSAGES = 500; // after more than that it is less to load anew what is shown

/** A block of server-sent events. */
export type BlockReader = (block: string) => void;

export interface LiveFeedOptions {
  store: Store;
  events: EventLog;
  clock: Clock;
  version: string;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #readers = new Set<BlockReader>();
  readonly #batch = new LiveBatch();
  readonly #topics = new Set<ChangedTopic>();
  /** Turns that wait or run, by their order of arrival, with the last event that was handed over. */
  #open = new Map<number, number>();
  #lastMessage = 0;
  #unwatch: (() => void) | null = null;
  #timer: Timer | null = null;
  #flushedAt = 0;
  /** The turn whose text the next block may go on with, and since when no block had an id. */
  #saying: { turn: number; since: number } | null = null;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /**
   * @param since the id of the last block that was read; null, or anything that is none: from here on
   * @returns leaves
   */
  join(since: string | null, reader: BlockReader): () => void {
    if (this.#readers.size === 0) this.#begin();
    else this.#flush();
    reader(this.#catchUp(since === null ? null : readCursor(since)));
    this.#saying = null; // he has not seen the block before
    this.#readers.add(reader);
    return () => {
      if (this.#readers.delete(reader) && this.#readers.size === 0) this.#end();
    };
  }

  /** Something that is not in the database has changed. */
  changed(topic: ChangedTopic): void {
    if (this.#readers.size === 0) return;
    this.#topics.add(topic);
    this.#schedule();
  }

  #begin(): void {
    const { store, events } = this.#options;
    const turns = store.turns.open();
    this.#open = new Map(turns.map(({ seq }) => [seq, events.soFar(seq, 0).at(-1)?.id ?? 0]));
    this.#lastMessage = store.messages.newestId();
    this.#unwatch = store.watch((changes) => this.#onChanges(changes));
    events.listen((turn, event) => this.#onEvent(turn, event));
  }

  #end(): void {
    const { events } = this.#options;
    this.#unwatch?.();
    this.#unwatch = null;
    events.listen(null);
    this.#timer?.cancel();
    this.#timer = null;
    this.#batch.take();
    this.#topics.clear();
    this.#saying = null;
  }

  #catchUp(cursor: LiveCursor | null): string {
    const { store, events, version } = this.#options;
    const batch = new LiveBatch();
    const missed =
      cursor && cursor.lastMessage <= this.#lastMessage
        ? store.messages.headsAfter(cursor.lastMessage, MOST_MESSAGES + 1)
        : null;
    const known = missed !== null && missed.length <= MOST_MESSAGES ? (cursor?.turns ?? null) : null;
    const open = [...this.#open.keys()];
    batch.add({
      type: 'hello',
      version,
      resumed: known !== null,
      open,
      lastMessage: this.#lastMessage,
    });
    for (const turn of store.turns.open()) {
      const from = known?.get(turn.seq);
      if (from === undefined || turn.state === 'queued') batch.addTurn(toLiveTurn(turn));
      for (const event of events.soFar(turn.seq, from ?? 0)) batch.addOfTurn(turn.seq, event);
    }
    for (const [turn, from] of known ?? []) {
      if (this.#open.has(turn)) continue;
      for (const event of events.soFar(turn, from)) batch.addOfTurn(turn, event);
    }
    if (known) for (const message of missed ?? []) batch.add({ type: 'message', ...message });
    return this.#block(batch.take());
  }

  #onEvent(turn: number, event: NumberedEvent): void {
    const last = this.#open.get(turn);
    if (last === undefined) {
      const row = this.#options.store.turns.bySeq(turn);
      if (row) this.#introduce(row); // with this event
    } else if (event.id > last) {
      this.#batch.addOfTurn(turn, event);
      this.#open.set(turn, event.id);
    }
    if (endsTurn(event)) this.#open.delete(turn);
    this.#schedule();
  }

  #onChanges(changes: Changes): void {
    const { store } = this.#options;
    for (const [subject, ids] of changes) {
      if (subject === 'turns') {
        for (const id of ids) {
          const turn = store.turns.find(id);
          if (!turn || turn.finishedAt !== null) continue;
          if (this.#open.has(turn.seq)) this.#batch.addTurn(toLiveTurn(turn));
          else this.#introduce(turn);
        }
      } else if (subject === 'messages') {
        for (const message of store.messages.headsAfter(this.#lastMessage, Number.MAX_SAFE_INTEGER)) {
          this.#batch.add({ type: 'message', ...message });
          this.#lastMessage = message.id;
        }
      } else {
        const topic = changedTopicSchema.safeParse(subject);
        if (topic.success) this.#topics.add(topic.data);
      }
    }
    this.#schedule();
  }

  #introduce(turn: TurnRow): void {
    this.#batch.addTurn(toLiveTurn(turn));
    this.#open.set(turn.seq, 0);
    for (const event of this.#options.events.soFar(turn.seq, 0)) {
      this.#batch.addOfTurn(turn.seq, event);
      this.#open.set(turn.seq, event.id);
    }
  }

  #schedule(): void {
    const { clock } = this.#options;
    const waitMs = Math.max(0, this.#flushedAt + FRAME_MS - clock.now());
    this.#timer ??= clock.after(Math.min(waitMs, FRAME_MS), () => this.#flush());
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#topics.size > 0) this.#batch.add({ type: 'changed', topics: [...this.#topics] });
    this.#topics.clear();
    if (this.#batch.isEmpty) return;
    this.#flushedAt = this.#options.clock.now();
    const events = this.#batch.take();
    const block = this.#moreText(events) ?? this.#block(events);
    for (const reader of [...this.#readers]) reader(block);
  }

  /** @returns the block of nothing but more text, null where that is not all, or not allowed */
  #moreText(events: readonly LiveEvent[]): string | null {
    const last = events.at(-1);
    const now = this.#flushedAt;
    const before = this.#saying;
    if (last?.type !== 'token') {
      this.#saying = null;
      return null;
    }
    if (events.length === 1 && before?.turn === last.turn && now - before.since < UNNUMBERED_MS)
      return `data:${JSON.stringify(last.data.text)}\n\n`;
    this.#saying = { turn: last.turn, since: now };
    return null;
  }

  #block(events: readonly LiveEvent[]): string {
    const id = writeCursor({ lastMessage: this.#lastMessage, turns: this.#open });
    return `id:${id}\ndata:${JSON.stringify(events)}\n\n`;
  }
}
