/**
 * Makes conversations shorter, one at a time, beside the turns: `due → flushed → summarised → done`, each step on disk before the
 * next, so that a kill repeats a step and loses none. What fails waits with its reason and is tried again; what was said is in the
 * history meanwhile. A conversation is held only while its own agent session is asked.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { AgentError } from '../agent/agent-error.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { CompactionRow, CompactionWhy } from '../store/compaction-store.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import { type Flush, Unreadable } from './flush.ts';
import type { HiddenTurns } from './hidden-turns.ts';
import type { Planner } from './planner.ts';
import type { SessionFlush } from './session-flush.ts';
import { markShorter } from './shorter-line.ts';
import type { SideSessions } from './side-sessions.ts';
import type { Summaries, SummaryTask } from './summary.ts';

const RETRY = { firstMs: 30_000, maxMs: 6 * 3_600_000 };
const PUT_OFF_MS = 5000; // turns are held, or one begins just now
const SUMMARY_MS = 120_000; // longer than that nobody waits for his answer

export interface UpkeepLanes {
  /** @returns null where there is no place now */
  upkeep(session: string | null): Promise<{ signal: AbortSignal; release(): void } | null>;
}

export interface CompactorOptions {
  store: Store;
  planner: Planner;
  flush: Flush;
  sessionFlush: SessionFlush;
  summaries: Summaries;
  hidden: HiddenTurns;
  sessions: SideSessions;
  lanes: () => UpkeepLanes;
  metrics: () => Metrics;
  clock: Clock;
  logger: Logger;
}

type Next = 'again' | 'ended' | 'later';

export class Compactor {
  readonly #options: CompactorOptions;
  readonly #stop = new AbortController();
  #timer: Timer | null = null;
  #working: Promise<void> | null = null;
  #again = false;
  #held = 0;
  #diskRetryAt = 0;
  /** Those that a turn is making a summary for. */
  readonly #awaited = new Set<number>();

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  /** Takes up what the process before left, and what it did not come to. */
  start(): void {
    const { store, hidden } = this.#options;
    try {
      void hidden.endAbandoned();
      for (const { session } of store.contexts.fullest(1000)) this.consider(session);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'what was being made shorter is taken up later');
    }
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.#working;
  }

  /** To be called after a run: makes the conversation shorter where its model has become full. */
  consider(session: string): void {
    const { store, planner, clock, logger } = this.#options;
    try {
      if (!planner.isFull(session)) return;
      store.transaction('durable', () => planner.shorten(session, 'full', clock.now()));
      this.wake();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error, session }, 'a conversation is made shorter after its next turn');
    }
  }

  /** Whether something is under way. */
  get busy(): boolean {
    return this.#working !== null;
  }

  /** Begins nothing from now on, until `resume`. */
  hold(): { resume(): void } {
    this.#held++;
    let held = true;
    return {
      resume: () => {
        if (!held) return;
        held = false;
        this.#held--;
        this.wake();
      },
    };
  }

  /** Something may be due. */
  wake(): void {
    if (this.#stop.signal.aborted || this.#held > 0) return;
    if (this.#working) this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      if (this.#again) this.wake();
      else this.#sleep();
    });
  }

  /**
   * For a turn that cannot begin otherwise: a summary of what will not be told word for word, now. Where the model gives none,
   * one is made by program, and the model's follows.
   * @returns whether the conversation is shorter now
   */
  async summariseNow(id: number, signal: AbortSignal): Promise<boolean> {
    const row = this.#options.store.compactions.find(id);
    if (!row?.summarises || row.endedAt !== null) return false;
    const task = this.#task(row);
    if (task.upto <= task.after) return false;
    this.#awaited.add(id);
    try {
      await this.#summariseFor(row, task, signal);
    } finally {
      this.#awaited.delete(id);
    }
    return true;
  }

  async #summariseFor(row: CompactionRow, task: SummaryTask, signal: AbortSignal): Promise<void> {
    const { store, summaries, logger } = this.#options;
    let text = row.summary;
    let byModel = text !== null;
    if (text === null) {
      try {
        text = await summaries.make(task, AbortSignal.any([signal, AbortSignal.timeout(SUMMARY_MS)]));
        byModel = true;
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        logger.warn({ err: error, session: row.session }, 'a summary is made without the model for now');
        text = summaries.byProgram(task);
      }
    }
    const made = text;
    store.transaction('durable', () => {
      if (byModel) store.compactions.change(row.id, { summary: made });
      this.#putInForce(row, made);
    });
  }

  async #work(): Promise<void> {
    const { clock } = this.#options;
    do {
      this.#again = false;
      await Promise.resolve(); // the caller's transaction may still fail
      for (const row of this.#heads()) {
        if (this.#stop.signal.aborted || this.#held > 0) return;
        if (row.dueAt <= clock.now()) await this.#advanceAll(row.id);
      }
    } while (this.#again && !this.#stop.signal.aborted);
  }

  /** Never rejects: what the disk does not take is done again later. */
  async #advanceAll(id: number): Promise<void> {
    const { logger } = this.#options;
    try {
      while ((await this.#advance(id)) === 'again' && !this.#stop.signal.aborted && this.#held === 0);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      logger.error({ err: error, compaction: id }, 'making a conversation shorter failed inside the gateway');
      try {
        this.#failed(id, error);
      } catch (cause) {
        logger.error({ err: cause, compaction: id }, 'that it failed could not be stored');
        this.#diskRetryAt = this.#options.clock.now() + PUT_OFF_MS;
      }
    }
  }

  /** None while the disk takes nothing. */
  #heads(): CompactionRow[] {
    const { store, clock, logger } = this.#options;
    if (clock.now() < this.#diskRetryAt) return [];
    try {
      return store.compactions.heads();
    } catch (error) {
      logger.error({ err: error }, 'what is to be made shorter cannot be read now');
      this.#diskRetryAt = clock.now() + PUT_OFF_MS;
      return [];
    }
  }

  #sleep(): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stop.signal.aborted) return;
    const waits =
      clock.now() < this.#diskRetryAt ? [this.#diskRetryAt] : this.#heads().map(({ dueAt }) => dueAt);
    const next = Math.min(...waits);
    if (!Number.isFinite(next)) return;
    this.#timer = clock.after(Math.max(0, next - clock.now()), () => this.wake());
  }

  async #advance(id: number): Promise<Next> {
    const row = this.#options.store.compactions.find(id);
    if (!row || row.endedAt !== null) return 'ended';
    const flushed = row.flush === 'written' || row.flush === 'nothing';
    if (!flushed) return await this.#flush(row);
    if (this.#awaited.has(id)) return this.#putOff(row);
    if (row.summarises && row.summary === null) return await this.#summarise(row);
    return this.#finish(row);
  }

  async #flush(row: CompactionRow): Promise<Next> {
    const { store, flush, sessionFlush, planner, logger } = this.#options;
    const live =
      row.agentSession !== null && store.sessions.find(row.session)?.agentSession === row.agentSession;
    // A flush that was cut there may have left a tool call open: its next turn takes a new one, and need not wait for this.
    if (live && store.sessions.find(row.session)?.takesNewAgentSession) return this.#readExchanges(row);
    const slot = await this.#options.lanes().upkeep(live ? row.session : null);
    if (slot === null) return this.#putOff(row);
    try {
      const now = store.compactions.find(row.id);
      if (!now || now.endedAt !== null) return 'ended';
      const isLive =
        now.agentSession !== null && store.sessions.find(now.session)?.agentSession === now.agentSession;
      if (isLive !== live) return 'again'; // a turn has left it meanwhile
      // What was said since is part of it.
      const upto = live ? Math.max(now.upto, planner.shortensUpto(now.session, now.why)) : now.upto;
      if (upto !== now.upto) store.transaction('relaxed', () => store.compactions.change(now.id, { upto }));
      const current = { ...now, upto };
      const signal = AbortSignal.any([slot.signal, this.#stop.signal]);
      const { agentSession } = current;
      const { written } =
        agentSession !== null && flush.isReadable(current)
          ? await sessionFlush.of({ ...current, agentSession }, live, signal)
          : await flush.ofExchanges(current, signal);
      const outcome = written > 0 ? 'written' : 'nothing';
      store.transaction('durable', () =>
        store.compactions.change(now.id, {
          state: 'flushed',
          flush: outcome,
          written,
          reason: null,
          tries: 0,
        }),
      );
      this.#options.metrics().flushed(outcome);
      logger.info({ session: now.session, why: now.why, written }, 'what should last was written down');
      return 'again';
    } catch (error) {
      if (error instanceof Unreadable) {
        logger.warn({ session: row.session, reason: error.message }, 'the exchanges are read instead');
        return this.#readExchanges(row);
      }
      if (!(error instanceof AgentError)) throw error;
      if (slot.signal.aborted || this.#stop.signal.aborted) return this.#putOff(row);
      return this.#failed(row.id, error);
    } finally {
      slot.release();
    }
  }

  #readExchanges(row: CompactionRow): Next {
    const { store } = this.#options;
    store.transaction('durable', () => store.compactions.change(row.id, { agentSession: null }));
    return 'again';
  }

  async #summarise(row: CompactionRow): Promise<Next> {
    const { store, summaries } = this.#options;
    const slot = await this.#options.lanes().upkeep(null);
    if (slot === null) return this.#putOff(row);
    try {
      const task = this.#task(row);
      const text =
        task.upto <= task.after
          ? (store.compactions.summary(row.session)?.text ?? '') // a turn that could not wait has made it
          : await summaries.make(task, AbortSignal.any([slot.signal, this.#stop.signal]));
      store.transaction('relaxed', () =>
        store.compactions.change(row.id, { state: 'summarised', summary: text, reason: null, tries: 0 }),
      );
      return 'again';
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      if (slot.signal.aborted || this.#stop.signal.aborted) return this.#putOff(row);
      return this.#failed(row.id, error);
    } finally {
      slot.release();
    }
  }

  /** What a summary has to tell of: all that the one in force does not. */
  #task({ session, agent, afterId, upto, wish }: CompactionRow): SummaryTask {
    const { store } = this.#options;
    const open = store.compactions.openOf(session).filter(({ summarises }) => summarises);
    const summary = store.compactions.summary(session);
    const after = Math.max(summary?.upto ?? 0, Math.min(afterId, ...open.map((one) => one.afterId)));
    return { session, agent, after, upto, wish };
  }

  #finish(row: CompactionRow): Next {
    const { store, planner, clock, metrics, logger } = this.#options;
    store.transaction('durable', () => {
      if (row.summarises && row.summary !== null) this.#putInForce(row, row.summary);
      store.compactions.change(row.id, { state: 'done', endedAt: clock.now() });
      const { agentSession } = store.sessions.find(row.session) ?? {};
      if (!agentSession || agentSession !== row.agentSession) return;
      // What was said meanwhile may have taken the room of exchanges that were to stay word for word.
      const more = planner.leave(row.session, row.why, { at: clock.now(), readable: true });
      const upto = more === null ? row.upto : (store.compactions.find(more)?.upto ?? row.upto);
      store.sessions.leaveAgentSession(row.session, Math.max(row.upto, upto));
      markShorter(store, row.session, clock.now());
      if (more !== null) this.#again = true;
    });
    metrics().compacted(row.why);
    logger.info({ session: row.session, why: row.why }, 'a conversation is shorter now');
    this.#options.sessions.free();
    return 'ended';
  }

  /** Within a transaction. A conversation that has begun anew since has no use for it. */
  #putInForce(row: CompactionRow, text: string): void {
    const { store, clock } = this.#options;
    const known = store.compactions.summary(row.session);
    const summarises = store.compactions.find(row.id)?.summarises;
    if (text === '' || !summarises || (known && known.upto > row.upto)) return;
    if (known?.upto === row.upto && known.text === text) return;
    store.compactions.setSummary(row.session, { upto: row.upto, text, at: clock.now() });
  }

  #putOff(row: CompactionRow): Next {
    const { store, clock } = this.#options;
    if (!this.#stop.signal.aborted) {
      store.transaction('relaxed', () =>
        store.compactions.change(row.id, { dueAt: clock.now() + PUT_OFF_MS }),
      );
    }
    return 'later';
  }

  #failed(id: number, error: unknown): Next {
    const { store, clock, metrics, logger } = this.#options;
    const row = store.compactions.find(id);
    if (!row) return 'ended';
    const reason = error instanceof Error ? error.message : String(error);
    const tries = row.tries + 1;
    const isFlush = row.flush === null || row.flush === 'failed';
    store.transaction('relaxed', () =>
      store.compactions.change(id, {
        state: 'failed',
        ...(isFlush ? { flush: 'failed' as const } : {}),
        reason,
        tries,
        dueAt: clock.now() + Math.ceil(backoffMs(tries, RETRY)),
      }),
    );
    if (isFlush) metrics().flushed('failed');
    logger.warn(
      { err: error, session: row.session, why: row.why, tries },
      'a conversation could not be made shorter yet',
    );
    return 'later';
  }
}

/** Why a conversation begins anew is told to its next turn. */
export function shorterNotice(why: CompactionWhy): string {
  return why === 'overflow' || why === 'full'
    ? 'Our conversation had become longer than my model can read: of what we said before, I go on with a summary and our last exchanges.'
    : 'Of what we said before, I go on with a summary and our last exchanges.';
}
