/**
 * The numbered events of the turns that are under way: given a number, handed to whoever listens, and stored.
 *
 * Text is stored within FLUSH_MS, in one transaction for all turns: after a crash the turn runs again, so what a kill
 * takes would have been replaced anyway. What tools may have done and what was paid for must be known then, so these
 * events are stored before anybody sees them. The event that ends a turn is stored with the answer itself. A number is
 * never used twice: an attempt after a crash starts at the next million, because a client may have seen events that a kill
 * kept from the disk.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import {
  EVENT_IDS_PER_ATTEMPT,
  endsTurn,
  type NumberedEvent,
  type TurnEvent,
} from '@mobyclaw/protocol/events';
import { StoreError } from '../store/database.ts';
import type { EventRow } from '../store/event-store.ts';
import type { Store } from '../store/store.ts';

const TURNS_A_SLICE = 16; // 200 tokens of fast models: half a millisecond in which nothing else happens
const STORED_AT_ONCE: ReadonlySet<TurnEvent['type']> = new Set<TurnEvent['type']>([
  'tool',
  'usage',
  'question',
]);
const FLUSH_MS = 250; // at 20 ms, 256 streams wrote 12,000 pages a second, and the disk held up every token

export type EventListener = (event: NumberedEvent) => void;

/** @param turn its place in the order of arrival */
export type EveryListener = (turn: number, event: NumberedEvent) => void;

export interface EventLogOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
}

export interface EndedTurn {
  /** The turn's place in the order of arrival. */
  turn: number;
  event: TurnEvent;
}

export class EventLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #nextIds = new Map<number, number>();
  readonly #listeners = new Map<number, Set<EventListener>>();
  /** Events of each turn that are not stored yet. */
  readonly #pending = new Map<number, EventRow[]>();
  #everyListener: EveryListener | null = null;
  #timer: Timer | null = null;

  constructor({ store, clock, logger }: EventLogOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Sets where the numbers of this attempt start. */
  beginAttempt(turn: number, attempt: number): void {
    const lastId = this.#lastId(turn);
    this.#nextIds.set(turn, Math.max(lastId, (attempt - 1) * EVENT_IDS_PER_ATTEMPT) + 1);
  }

  append(turn: number, event: TurnEvent): void {
    const numbered = this.#number(turn, event);
    const rows = this.#pending.get(turn);
    if (rows) rows.push(toRow(turn, numbered));
    else this.#pending.set(turn, [toRow(turn, numbered)]);
    if (STORED_AT_ONCE.has(event.type)) this.#storePending([turn]);
    else this.#timer ??= this.#clock.after(FLUSH_MS, () => this.#flushInSlices([...this.#pending.keys()]));
    this.#publish(turn, numbered);
  }

  /**
   * Ends turns: `work` and the events are one durable transaction, and only then are they seen.
   * @returns shows the end of one of these turns to whoever follows it; to be called once for each
   * @throws StoreError where it could not be stored; nothing has happened then
   */
  finish(endings: readonly EndedTurn[], work: () => void): (turn: number) => void {
    const numbered = new Map(endings.map(({ turn, event }) => [turn, this.#number(turn, event)]));
    try {
      this.#store.transaction('durable', () => {
        work();
        for (const [turn, event] of numbered) {
          this.#store.events.insert([...(this.#pending.get(turn) ?? []), toRow(turn, event)]);
        }
      });
    } catch (error) {
      for (const [turn, event] of numbered) this.#nextIds.set(turn, event.id);
      throw error;
    }
    for (const turn of numbered.keys()) this.#pending.delete(turn);
    return (turn) => {
      const event = numbered.get(turn);
      if (event) this.#publish(turn, event);
      this.#nextIds.delete(turn);
      this.#listeners.delete(turn);
    };
  }

  /**
   * Hands over all events after `afterId`, first those stored, then those to come, without a gap or a repeat.
   * @returns unsubscribes; null where the turn has ended and nothing more will come
   */
  subscribe(turn: number, afterId: number, listener: EventListener): (() => void) | null {
    for (const event of this.soFar(turn, afterId)) listener(event);
    const last = this.#store.events.lastType(turn);
    if (last !== null && endsTurn({ type: last })) return null;
    const listeners = this.#listeners.get(turn) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(turn, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(turn) === listeners) this.#listeners.delete(turn);
    };
  }

  /** Hands over the events of all turns from now on. @param listener null ends that. There is one at a time. */
  listen(listener: EveryListener | null): void {
    this.#everyListener = listener;
  }

  /** What a turn has said so far after `afterId`, whether it is stored yet or not. */
  soFar(turn: number, afterId: number): NumberedEvent[] {
    const unstored = (this.#pending.get(turn) ?? []).filter((row) => row.id > afterId);
    return [...this.#store.events.after(turn, afterId), ...unstored].map(
      (row) => ({ id: row.id, type: row.type, data: JSON.parse(row.data) }) as NumberedEvent,
    );
  }

  /** Stores what is pending, a part in each turn of the event loop, so that no stream waits for the others' events. */
  #flushInSlices(turns: number[]): void {
    this.#timer = null;
    this.#storePending(turns.splice(0, TURNS_A_SLICE));
    if (turns.length === 0) return;
    const slice = setImmediate(() => this.#flushInSlices(turns));
    this.#timer = { cancel: () => clearImmediate(slice) };
  }

  /** Stores what is pending. Where the disk does not take it, it stays pending until the next flush or the end of its turn. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#storePending([...this.#pending.keys()]);
  }

  #storePending(candidates: readonly number[]): void {
    const turns = candidates.filter((turn) => this.#pending.has(turn));
    if (turns.length === 0) return;
    try {
      this.#store.transaction('relaxed', () => {
        for (const turn of turns) this.#store.events.insert(this.#pending.get(turn) ?? []);
      });
      for (const turn of turns) this.#pending.delete(turn);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#logger.error({ err: error, turns: turns.length }, 'events could not be stored yet');
    }
  }

  #number(turn: number, event: TurnEvent): NumberedEvent {
    const id = this.#nextIds.get(turn) ?? this.#idAfterAllAttempts(turn);
    this.#nextIds.set(turn, id + 1);
    return { id, ...event };
  }

  /** For an event that belongs to no attempt of this process: it comes after every number that a killed process may have shown. */
  #idAfterAllAttempts(turn: number): number {
    return Math.max(this.#lastId(turn), this.#store.turns.attempts(turn) * EVENT_IDS_PER_ATTEMPT) + 1;
  }

  #lastId(turn: number): number {
    const pending = this.#pending.get(turn)?.at(-1)?.id ?? 0;
    return Math.max(pending, this.#store.events.lastId(turn));
  }

  #publish(turn: number, event: NumberedEvent): void {
    for (const listener of [...(this.#listeners.get(turn) ?? [])]) listener(event);
    this.#everyListener?.(turn, event);
  }
}

function toRow(turn: number, event: NumberedEvent): EventRow {
  return { turn, id: event.id, type: event.type, data: JSON.stringify(event.data) };
}
