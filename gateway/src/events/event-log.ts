/**
 * The numbered events of the turns that are under way: given a number, handed to whoever listens, and stored.
 *
 * Ordinary events are stored within FLUSH_MS, in one transaction for all turns; a tool event is stored before anybody
 * sees it, since what may have acted must be known after a crash; the event that ends a turn is stored with the answer
 * itself. A number is never used twice: an attempt after a crash starts at the next million, so what a client saw
 * although it was never stored cannot be mistaken for something else.
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

const FLUSH_MS = 20; // short enough that a kill costs little, long enough that 256 streams share a transaction

export type EventListener = (event: NumberedEvent) => void;

export interface EventLogOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
}

export class EventLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #nextIds = new Map<number, number>();
  readonly #listeners = new Map<number, Set<EventListener>>();
  #pending: EventRow[] = [];
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
    this.#pending.push(toRow(turn, numbered));
    if (event.type === 'tool') this.flush();
    else this.#timer ??= this.#clock.after(FLUSH_MS, () => this.flush());
    this.#publish(turn, numbered);
  }

  /**
   * Ends turns: `work` and the events are one durable transaction, and only then are they seen.
   * @throws StoreError where it could not be stored; nothing has happened then
   */
  finish(endings: readonly { turn: number; event: TurnEvent }[], work: () => void): void {
    const numbered = endings.map(({ turn, event }) => ({ turn, event: this.#number(turn, event) }));
    try {
      this.#store.transaction('durable', () => {
        work();
        this.#store.events.insert(this.#pending);
        this.#store.events.insert(numbered.map(({ turn, event }) => toRow(turn, event)));
      });
    } catch (error) {
      for (const { turn, event } of numbered) this.#nextIds.set(turn, event.id);
      throw error;
    }
    this.#clearPending();
    for (const { turn, event } of numbered) {
      this.#publish(turn, event);
      this.#nextIds.delete(turn);
      this.#listeners.delete(turn);
    }
  }

  /**
   * Hands over all events after `afterId`, first those stored, then those to come, without a gap or a repeat.
   * @returns unsubscribes; null where the turn has ended and nothing more will come
   */
  subscribe(turn: number, afterId: number, listener: EventListener): (() => void) | null {
    const unstored = this.#pending.filter((row) => row.turn === turn && row.id > afterId);
    for (const row of [...this.#store.events.after(turn, afterId), ...unstored]) {
      listener({ id: row.id, type: row.type, data: JSON.parse(row.data) } as NumberedEvent);
    }
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

  /** Stores what is pending. Where the disk does not take it, it stays pending until the next flush or the end of a turn. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#pending.length === 0) return;
    try {
      this.#store.transaction('relaxed', () => this.#store.events.insert(this.#pending));
      this.#clearPending();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#logger.error({ err: error, pending: this.#pending.length }, 'events could not be stored yet');
    }
  }

  #clearPending(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#pending = [];
  }

  #number(turn: number, event: TurnEvent): NumberedEvent {
    const id = this.#nextIds.get(turn) ?? this.#idAfterAllAttempts(turn);
    this.#nextIds.set(turn, id + 1);
    return { id, ...event };
  }

  /** For an event outside of an attempt of this process: attempts of one that was killed may have shown what they never stored. */
  #idAfterAllAttempts(turn: number): number {
    return Math.max(this.#lastId(turn), this.#store.turns.attempts(turn) * EVENT_IDS_PER_ATTEMPT) + 1;
  }

  #lastId(turn: number): number {
    const pending = this.#pending.findLast((row) => row.turn === turn)?.id ?? 0;
    return Math.max(pending, this.#store.events.lastId(turn));
  }

  #publish(turn: number, event: NumberedEvent): void {
    for (const listener of [...(this.#listeners.get(turn) ?? [])]) listener(event);
  }
}

function toRow(turn: number, event: NumberedEvent): EventRow {
  return { turn, id: event.id, type: event.type, data: JSON.stringify(event.data) };
}
