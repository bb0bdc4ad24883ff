/**
 * What the rest of the gateway does with turns: take a message in, look at a turn, stop one, stop a conversation. It
 * joins inbox, lanes, runner and event log, and takes up at start what the process before left.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { endsTurn, type NumberedEvent } from '@mobyclaw/protocol/events';
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import type { TurnView } from '@mobyclaw/protocol/turn';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { EventListener, EventLog } from './event-log.ts';
import { type Accepted, type InboundMessage, Inbox } from './inbox.ts';
import { Lanes } from './lanes.ts';
import type { Steering } from './steering.ts';
import type { TurnFinisher } from './turn-finisher.ts';
import { toTurnView } from './turn-view.ts';

const MOST_RETRY_MS = 60_000; // a client that gave up waiting tries again within seconds

export interface TurnServiceOptions {
  store: Store;
  events: EventLog;
  finisher: TurnFinisher;
  runner: { run(turn: TurnRow, signal: AbortSignal): Promise<void> };
  clock: Clock;
  logger: Logger;
  lease: string;
  maxTurns: number;
  queueLimit: number;
  defaultQueueMode: QueueMode;
  steering: Pick<Steering, 'offer'>;
}

/** The gateway is shutting down and takes nothing in. */
export class DrainingError extends Error {
  override name = 'DrainingError';
}

export class TurnService {
  readonly #options: TurnServiceOptions;
  readonly #inbox: Inbox;
  readonly lanes: Lanes;
  #draining = false;

  constructor(options: TurnServiceOptions) {
    this.#options = options;
    const { store, clock, logger, maxTurns, queueLimit, runner } = options;
    const modeOf = (turn: TurnRow): QueueMode => this.#modeOf(turn);
    this.lanes = new Lanes({
      store,
      clock,
      logger,
      limit: maxTurns,
      modeOf,
      run: (turn, signal) => runner.run(turn, signal),
    });
    this.#inbox = new Inbox({ store, clock, queueLimit, onAccepted: (turn) => this.#onAccepted(turn) });
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Takes up the turns of the process before: those that were running come first, then those that waited. */
  recover(): { interrupted: number } {
    const { store, lease, logger } = this.#options;
    const abandoned = store.turns.abandoned(lease);
    store.transaction('durable', () => {
      for (const { id, attempt } of abandoned) {
        if (waitedForPerson(store, id, attempt)) store.turns.excuse(id, attempt);
        store.turns.requeue(id);
      }
    });
    for (const turn of abandoned)
      logger.warn({ turn: turn.id, attempt: turn.attempt }, 'taking up an interrupted turn');
    this.lanes.load();
    return { interrupted: abandoned.length };
  }

  /** @throws DrainingError, QueueFullError, KeyReusedError, StoreError; the message was then not accepted */
  accept(message: InboundMessage): Promise<Accepted> {
    if (this.#draining) throw new DrainingError('Moby is restarting. Send it again in a moment.');
    return this.#inbox.accept(message);
  }

  /**
   * The turn that a client asks for again because it gave up waiting: the same words in the same
   * session, still open or ended while it was about to ask again.
   */
  askedBefore(session: string, prompt: string, withinMs = MOST_RETRY_MS): TurnRow | null {
    const { store, clock } = this.#options;
    return store.turns.newestLike(session, prompt, clock.now() - withinMs);
  }

  find(id: string): TurnRow | null {
    return this.#options.store.turns.find(id);
  }

  /** @returns null where there is no such turn */
  view(id: string): TurnView | null {
    const turn = this.#options.store.turns.find(id);
    return turn ? toTurnView(turn, this.#positionOf(turn)) : null;
  }

  /** All events of a turn after `afterId`, stored and to come. @returns unsubscribes; null where nothing more will come */
  follow(id: string, afterId: number, listener: EventListener): (() => void) | null {
    const turn = this.#options.store.turns.find(id);
    return turn ? this.#options.events.subscribe(turn.seq, afterId, listener) : null;
  }

  /** Whether the event log of a turn is still kept. */
  hasEvents(id: string): boolean {
    const turn = this.#options.store.turns.find(id);
    return turn !== null && this.#options.store.events.lastId(turn.seq) > 0;
  }

  /** Resolves with the event that ends the turn. */
  ended(turn: TurnRow): Promise<NumberedEvent> {
    return new Promise((resolve) => {
      this.#options.events.subscribe(turn.seq, 0, (event) => {
        if (endsTurn(event)) resolve(event);
      });
    });
  }

  /** Ends a turn that waits or runs. @returns its state afterwards; null where there is no such turn */
  cancel(id: string): TurnView | null {
    const turn = this.#options.store.turns.find(id);
    if (!turn) return null;
    this.#cancel(turn, 'cancelled');
    return this.view(id);
  }

  /** Ends all that runs or waits in a session. */
  stopSession(session: string): { stopped: string | null; cancelled: number } {
    const waiting = this.#options.store.turns.waiting(session, Number.MAX_SAFE_INTEGER);
    const stopped = this.lanes.runningIn(session);
    for (const turn of waiting) this.#cancel(turn, 'cancelled');
    if (stopped) this.lanes.stop(session, stopped, 'cancelled');
    return { stopped, cancelled: waiting.length };
  }

  /** Takes nothing in any more; running turns get `graceMs` to end and are otherwise taken up at the next start. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    await this.lanes.close(graceMs);
    this.#options.events.flush();
  }

  #onAccepted(turn: TurnRow): void {
    const mode = this.#modeOf(turn);
    if (mode === 'interrupt') this.#interrupt(turn);
    const running = mode === 'steer' ? this.lanes.runningIn(turn.session) : null;
    if (running) this.#options.steering.offer(turn, running);
    this.lanes.arrived(turn.session);
  }

  /** The newest message replaces what runs and what waits before it; a guest's only what he asked himself, as `/stop` does. */
  #interrupt(newest: TurnRow): void {
    const { turns } = this.#options.store;
    const gives = (turn: TurnRow | null): boolean => !newest.guest || turn?.sender === newest.sender;
    for (const turn of turns.waiting(newest.session, Number.MAX_SAFE_INTEGER)) {
      if (turn.seq < newest.seq && gives(turn)) this.#cancel(turn, 'interrupted');
    }
    const running = this.lanes.runningIn(newest.session);
    if (running && gives(turns.find(running))) this.lanes.stop(newest.session, running, 'interrupted');
  }

  #cancel(turn: TurnRow, reason: 'cancelled' | 'interrupted'): void {
    if (this.lanes.stop(turn.session, turn.id, reason) || turn.state !== 'queued' || turn.mergedInto) return;
    const message =
      reason === 'interrupted'
        ? 'Not answered, because a newer message came in.'
        : 'Cancelled before it started.';
    const error = { code: reason, message, retryable: false };
    this.#options.finisher.finishNow(turn, { state: 'cancelled', partial: '', usage: null, error });
  }

  #positionOf(turn: TurnRow): number {
    return this.#options.store.turns.countAhead(turn.session, turn.seq);
  }

  #modeOf(turn: TurnRow): QueueMode {
    const { store, defaultQueueMode } = this.#options;
    return turn.queueMode ?? store.sessions.find(turn.session)?.queueMode ?? defaultQueueMode;
  }
}

/** Whether an attempt was waiting for the owner when its process was killed. */
function waitedForPerson(store: Store, turn: string, attempt: number): boolean {
  const used = new Set(store.questions.usesOfTurn(turn).map(({ question }) => question));
  return store.questions
    .ofTurn(turn)
    .some(
      (row) =>
        row.attempt === attempt && (row.state === 'open' || (row.state !== 'withdrawn' && !used.has(row.id))),
    );
}
