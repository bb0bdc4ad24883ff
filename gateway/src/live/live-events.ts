/** A turn and its events as the live stream has them. */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { LiveEvent, LiveTurn, LiveTurnEvent } from '@mobyclaw/protocol/live';
import { textCheck } from '@mobyclaw/protocol/text-check';
import type { TurnRow } from '../store/turn-store.ts';

export function toLiveTurn(turn: TurnRow): LiveTurn {
  return {
    type: 'turn',
    turn: turn.seq,
    key: turn.id,
    session: turn.session,
    source: turn.source,
    prompt: turn.prompt,
    files: turn.attachments.length,
    at: new Date(turn.createdAt).toISOString(),
    ...(turn.mergedInto === null ? {} : { mergedInto: turn.mergedInto }),
  };
}

export function toLiveEvent(turn: number, event: NumberedEvent): LiveTurnEvent {
  const { id } = event;
  if (event.type === 'done') {
    const { text, ...data } = event.data;
    return { turn, id, type: 'done', data: { ...data, ...markOf(text) } };
  }
  if (event.type === 'error') {
    const { partial = '', ...data } = event.data;
    return { turn, id, type: 'error', data: { ...data, ...markOf(partial) } };
  }
  return { turn, ...event };
}

function markOf(text: string): { chars: number; check: number } {
  return { chars: text.length, check: textCheck(text) };
}

/** What waits to be sent: pieces of text of one turn that follow each other become one. */
export class LiveBatch {
  #events: LiveEvent[] = [];
  readonly #lastOf = new Map<number, LiveTurnEvent>();
  readonly #turns = new Map<number, number>();

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  add(event: LiveEvent): void {
    this.#events.push(event);
  }

  addTurn(turn: LiveTurn): void {
    const index = this.#turns.get(turn.turn);
    if (index !== undefined) this.#events[index] = turn;
    else this.#turns.set(turn.turn, this.#events.push(turn) - 1);
  }

  addOfTurn(turn: number, event: NumberedEvent): void {
    const last = this.#lastOf.get(turn);
    if (isPiece(event) && last?.type === event.type) {
      last.id = event.id;
      (last as typeof event).data = { text: (last as typeof event).data.text + event.data.text };
      return;
    }
    const live = toLiveEvent(turn, event);
    this.#lastOf.set(turn, live);
    this.#events.push(live);
  }

  /** Empties it. */
  take(): LiveEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#lastOf.clear();
    this.#turns.clear();
    return events;
  }
}

type Piece = Extract<NumberedEvent, { type: 'token' | 'reasoning' }>;

function isPiece(event: NumberedEvent): event is Piece {
  return event.type === 'token' || event.type === 'reasoning';
}
