/**
 * Which turn runs when. A session runs one turn at a time, in order of arrival; sessions run side by side under a global
 * limit, first come, first served.
 *
 * The database says what waits; memory holds only what runs. A slot is taken in the same synchronous step as the
 * check that it is free, belongs to one turn, and is given back when that turn's run has settled, however it ended.
 */
import { type Clock, pause, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';

export const QUIET_MS = 1000; // queue mode collect: a person who writes in bursts has finished
const STORE_RETRY_MS = 2000; // a full disk: somebody has to make room
const MOST_MERGED = 50; // messages of one merged prompt

/** Why a running turn is ended from outside; after `held` and `shutdown` it runs again. */
export type StopReason = 'cancelled' | 'interrupted' | 'shutdown' | 'held';

/** Work of our own in a conversation's place: no turn of it runs meanwhile. */
interface Upkeep {
  start: (work: UpkeepSlot | null) => void;
}

export interface UpkeepSlot {
  /** Aborts where turns are held or the gateway stops: upkeep is put off then, and nobody waits for it. */
  signal: AbortSignal;
  release(): void;
}

interface Lane {
  session: string;
  /** Waits for the turn that runs to end, and goes before those that wait. */
  upkeep: Upkeep | null;
  /** Has the place now. */
  busy: boolean;
  running: { turn: string; controller: AbortController; waits: number } | null;
  /** The waiting turns came while another ran, so queue mode collect waits for a quiet moment. */
  afterRun: boolean;
  quietTimer: Timer | null;
  inLine: boolean;
}

export interface LanesOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Turns that run at the same time. */
  limit: number;
  modeOf: (turn: TurnRow) => QueueMode;
  /** Runs a turn to its end; `signal.reason` is a StopReason. */
  run: (turn: TurnRow, signal: AbortSignal) => Promise<void>;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #line: string[] = [];
  #running = 0;
  /** Of those that run, how many wait for a person; their places are given to others. */
  #waiting = 0;
  #paused = 0;
  #closed = false;
  #idle: (() => void)[] = [];
  readonly #upkeep = new Set<AbortController>();

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** Takes up what waits in the database, after a start. */
  load(): void {
    for (const { session, waiting } of this.#options.store.turns.sessionsWaiting()) {
      const lane = this.#lane(session);
      lane.afterRun = waiting > 1;
      this.#enqueue(session, lane);
    }
    this.#pump();
  }

  /** A turn of this session has been stored. */
  arrived(session: string): void {
    this.#enqueue(session, this.#lane(session));
    this.#pump();
  }

  /** Conversations go on under other keys. */
  renamed(): void {
    const current = (session: string): string => this.#options.store.names.current(session);
    for (const [before, lane] of [...this.#lanes]) {
      const session = current(before);
      if (session === before) continue;
      this.#lanes.delete(before);
      lane.session = session;
      // If there is a lane of that name already, this one ends with the turn that it runs.
      if (!this.#lanes.has(session)) this.#lanes.set(session, lane);
    }
    for (const [index, session] of this.#line.entries()) this.#line[index] = current(session);
  }

  /** The turn that runs in a session. */
  runningIn(session: string): string | null {
    return this.#at(session)?.running?.turn ?? null;
  }

  get running(): number {
    return this.#running;
  }

  get limit(): number {
    return this.#options.limit;
  }

  /** @returns whether that turn was running */
  stop(session: string, turn: string, reason: StopReason): boolean {
    const running = this.#at(session)?.running;
    if (running?.turn !== turn) return false;
    running.controller.abort(reason);
    return true;
  }

  /**
   * A running turn waits for a person: its place goes to others meanwhile. Nobody waits for a person while turns are held or
   * the gateway stops, so then the turn is cut, and taken up again afterwards.
   * @returns to be called when it goes on
   */
  waits(session: string, turn: string): () => void {
    const running = this.#at(session)?.running;
    if (running?.turn !== turn) return () => {};
    running.waits++;
    if (running.waits === 1) this.#waiting++;
    if (this.#closed) running.controller.abort('shutdown' satisfies StopReason);
    else if (this.#paused > 0) running.controller.abort('held' satisfies StopReason);
    this.#pump();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      running.waits--;
      if (running.waits === 0) this.#waiting--;
    };
  }

  /**
   * A place for upkeep. In a conversation it is had when no turn runs there, and turns that come meanwhile wait; without one, at once.
   * @returns null while turns are held or the gateway stops
   */
  upkeep(session: string | null): Promise<UpkeepSlot | null> {
    if (this.#paused > 0 || this.#closed) return Promise.resolve(null);
    if (session === null) return Promise.resolve(this.#upkeepSlot(null));
    const lane = this.#lane(this.#options.store.names.current(session));
    if (lane.upkeep || lane.busy) return Promise.resolve(null);
    if (!lane.running) return Promise.resolve(this.#upkeepSlot(lane));
    return new Promise((resolve) => {
      lane.upkeep = { start: resolve };
    });
  }

  #upkeepSlot(lane: Lane | null): UpkeepSlot {
    const controller = new AbortController();
    this.#upkeep.add(controller);
    if (lane) lane.busy = true;
    return {
      signal: controller.signal,
      release: () => {
        if (!this.#upkeep.delete(controller)) return;
        if (lane) {
          lane.busy = false;
          this.#enqueue(lane.session, lane);
          this.#pump();
        }
        this.#tellIdle();
      },
    };
  }

  /** Nobody waits for upkeep: what runs is cut, what waits for a place is told that there is none. */
  #putOffUpkeep(): void {
    for (const controller of this.#upkeep) controller.abort();
    for (const lane of this.#lanes.values()) {
      lane.upkeep?.start(null);
      lane.upkeep = null;
    }
  }

  #tellIdle(): void {
    if (this.#running === 0 && this.#upkeep.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Lets running turns end and starts no new one. @returns when none runs; `resume` lets new ones start again */
  async pause(): Promise<{ resume(): void }> {
    const held = this.hold();
    await this.#untilIdle();
    return held;
  }

  /** Starts no new turn from now on, until `resume`. */
  hold(): { resume(): void } {
    this.#paused++;
    this.#putOffUpkeep();
    this.#cutWaiting('held');
    let held = true;
    return {
      resume: () => {
        if (!held) return;
        held = false;
        this.#paused--;
        this.#pump();
      },
    };
  }

  /** Starts nothing any more; running turns get `graceMs` to end and are then cut, to be taken up after the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#putOffUpkeep();
    this.#cutWaiting('shutdown');
    const timer = this.#options.clock.after(graceMs, () => {
      for (const lane of this.#lanes.values())
        lane.running?.controller.abort('shutdown' satisfies StopReason);
    });
    for (const lane of this.#lanes.values()) lane.quietTimer?.cancel();
    await this.#untilIdle();
    timer.cancel();
  }

  #cutWaiting(reason: 'held' | 'shutdown'): void {
    for (const { running } of this.#lanes.values()) {
      if (running && running.waits > 0) running.controller.abort(reason satisfies StopReason);
    }
  }

  #untilIdle(): Promise<void> {
    if (this.#running === 0 && this.#upkeep.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #at(session: string): Lane | undefined {
    return this.#lanes.get(this.#options.store.names.current(session));
  }

  #lane(session: string): Lane {
    let lane = this.#lanes.get(session);
    if (!lane) {
      lane = {
        session,
        running: null,
        upkeep: null,
        busy: false,
        afterRun: false,
        quietTimer: null,
        inLine: false,
      };
      this.#lanes.set(session, lane);
    }
    return lane;
  }

  #enqueue(session: string, lane: Lane): void {
    if (lane.inLine || lane.running || lane.busy) return;
    lane.quietTimer?.cancel();
    lane.quietTimer = null;
    lane.inLine = true;
    this.#line.push(session);
  }

  #pump(): void {
    while (this.#running - this.#waiting < this.#options.limit && this.#paused === 0 && !this.#closed) {
      const session = this.#line.shift();
      if (session === undefined) return;
      const lane = this.#lane(session);
      lane.inLine = false;
      if (lane.busy) continue;
      const turn = this.#next(session, lane);
      if (turn) this.#start(lane, turn);
    }
  }

  /** The turn to run now, with those merged into it; null where there is none or it has to wait for a quiet moment. */
  #next(session: string, lane: Lane): TurnRow | null {
    const { store, clock, modeOf } = this.#options;
    const waiting = store.turns.waiting(session, lane.afterRun ? MOST_MERGED : 1);
    const head = waiting[0];
    if (!head) {
      this.#lanes.delete(session);
      return null;
    }
    if (!lane.afterRun || modeOf(head) !== 'collect') return head;
    const others = waiting.findIndex(
      (turn) =>
        turn.sender !== head.sender ||
        turn.source !== head.source ||
        turn.guest !== head.guest || // a turn may do what its sender may, so guests and the owner are not merged
        turn.confined !== head.confined ||
        modeOf(turn) !== 'collect',
    );
    const batch = others === -1 ? waiting : waiting.slice(0, others);
    const quietInMs = (batch.at(-1) as TurnRow).createdAt + QUIET_MS - clock.now();
    if (quietInMs > 0 && others === -1 && batch.length < MOST_MERGED) {
      lane.quietTimer = clock.after(quietInMs, () => {
        lane.quietTimer = null;
        this.#enqueue(lane.session, lane);
        this.#pump();
      });
      return null;
    }
    const merged = batch.slice(1).map((turn) => turn.id);
    if (merged.length > 0) store.transaction('relaxed', () => store.turns.merge(merged, head.id));
    return head;
  }

  #start(lane: Lane, turn: TurnRow): void {
    const controller = new AbortController();
    const slot = { turn: turn.id, controller, waits: 0 };
    lane.running = slot;
    this.#running++;
    this.#options
      .run(turn, controller.signal)
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error, turn: turn.id }, 'a turn was given up');
      })
      .then(() =>
        controller.signal.reason === ('held' satisfies StopReason) ? this.#requeue(turn.id) : undefined,
      )
      .finally(() => {
        if (lane.running === slot) lane.running = null;
        lane.afterRun = true;
        this.#running--;
        const { upkeep } = lane;
        lane.upkeep = null;
        if (upkeep && !this.#closed && this.#paused === 0) upkeep.start(this.#upkeepSlot(lane));
        else upkeep?.start(null);
        this.#enqueue(lane.session, this.#lane(lane.session));
        this.#pump();
        this.#tellIdle();
      });
  }

  /** A turn that was cut because turns are held waits again, unless it has ended after all. */
  async #requeue(turn: string): Promise<void> {
    const { store, clock, logger } = this.#options;
    while (!this.#closed) {
      try {
        store.transaction('durable', () => {
          if (store.turns.find(turn)?.state === 'running') store.turns.requeue(turn);
        });
        return;
      } catch (error) {
        logger.error({ err: error, turn }, 'a turn that was held waits for the disk');
        await pause(clock, STORE_RETRY_MS);
      }
    }
  }
}
