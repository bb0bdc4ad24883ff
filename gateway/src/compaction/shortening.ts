/**
 * What turns and commands have to do with making conversations shorter: they leave agent sessions, and a turn that could not know
 * what went before waits for a summary.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { CompactionWhy } from '../store/compaction-store.ts';
import type { MessageRow } from '../store/message-store.ts';
import type { Store } from '../store/store.ts';
import { type Compactor, shorterNotice } from './compactor.ts';
import type { Planner } from './planner.ts';
import type { SessionFlush } from './session-flush.ts';
import { markShorter } from './shorter-line.ts';

/** Agent sessions that can still be asked what should last, after they are left. */
const READABLE: ReadonlySet<CompactionWhy> = new Set(['new', 'idle', 'daily', 'outgrown', 'other-agent']);

export interface ShorteningOptions {
  store: Store;
  planner: Planner;
  compactor: Compactor;
  sessionFlush: Pick<SessionFlush, 'lift'>;
  clock: Clock;
}

export class Shortening {
  readonly #options: ShorteningOptions;

  constructor(options: ShorteningOptions) {
    this.#options = options;
  }

  /** What a new agent session is told word for word, oldest first. */
  carried(session: string, before?: number): MessageRow[] {
    return this.#options.planner.carried(session, before);
  }

  overflowsWith(session: string, prompt: string): boolean {
    return this.#options.planner.overflowsWith(session, prompt);
  }

  /**
   * A turn takes a new agent session, in the middle of a conversation. If not all of it can be told word for word, then the turn
   * waits for a summary of the rest; what should last is written down beside it.
   * @param before the message to be answered, which is no part of what is summarised
   * @returns a line for whoever asked, or null where nothing leaves the model's sight
   */
  async leave(
    session: string,
    why: CompactionWhy,
    before: number | undefined,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { store, planner, compactor, clock } = this.#options;
    const at = clock.now();
    const options = { at, readable: READABLE.has(why), ...(before === undefined ? {} : { before }) };
    const id = store.transaction('durable', () => {
      const planned = planner.leave(session, why, options);
      const upto = planned === null ? 0 : (store.compactions.find(planned)?.upto ?? 0);
      store.sessions.leaveAgentSession(session, upto);
      return planned;
    });
    if (id === null) return null;
    const shorter = await compactor.summariseNow(id, signal);
    if (shorter) store.transaction('relaxed', () => markShorter(store, session, clock.now()));
    compactor.wake();
    return shorter ? shorterNotice(why) : null;
  }

  /** Within a transaction: a conversation begins anew with its next turn, which does not wait. */
  begin(session: string, why: CompactionWhy, at: number, keep: boolean): void {
    const { store, planner, compactor } = this.#options;
    const fresh = why === 'new';
    const id = planner.leave(session, why, { at, readable: true, summarises: !fresh, keep });
    const upto = id === null ? 0 : (store.compactions.find(id)?.upto ?? 0);
    if (!keep || (fresh && id !== null)) store.compactions.dropSummaries(session);
    store.sessions.leaveAgentSession(session, upto);
    compactor.wake();
  }

  /**
   * The engine has made its session shorter by itself, before or while it answered this message: what was said before it may be
   * out of the model's sight, so what should last is written down from the history. The engine has a summary of its own.
   */
  byEngine(session: string, before: number | undefined): void {
    const { store, planner, compactor, clock } = this.#options;
    store.transaction('durable', () => {
      planner.leftByEngine(session, before, clock.now());
      markShorter(store, session, clock.now(), 'engine');
    });
    compactor.wake();
  }

  /** By /compact. @returns whether there is something to make shorter */
  ask(session: string, wish: string | null): boolean {
    const { store, planner, compactor, clock } = this.#options;
    const id = store.transaction('durable', () => planner.shorten(session, 'asked', clock.now(), wish));
    compactor.wake();
    return id !== null;
  }

  lift(session: string, agentSession: string): Promise<void> {
    return this.#options.sessionFlush.lift(session, agentSession);
  }
}
