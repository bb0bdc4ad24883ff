/**
 * Forgets, in all that Moby keeps: finds first, and removes when told to. While it removes, no turn runs, so that nothing of it
 * is written again. That it is under way is on disk (forgotten-list.ts) before the first thing goes, and each step finds nothing
 * when it is done once more; so whatever was killed is gone on with at the next start, before turns run.
 */
import { type BackoffOptions, backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import {
  type ForgetFinding,
  type ForgetMark,
  type Forgetting as ForgettingView,
  type ForgetWish,
  type ForgottenEntry,
  forgetFindingSchema,
} from '@mobyclaw/protocol/forget';
import type { AgentClient } from '../agent/agent.ts';
import type { PartClient } from '../parts/part-client.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import { type AgentSessionsOptions, agentSessionsWith, leaveAgentSessions } from './agent-sessions.ts';
import { forgetMark } from './forget-mark.ts';
import { ForgottenList } from './forgotten-list.ts';

const RUNNING_MS = 60_000; // that an answer under way gets to end
const LOOK_MS = 50;
const PART_MS = 300_000; // years of logs, or a large database of the agent's
const KEPT_VIEWS = 20;
const RETRY: BackoffOptions = { firstMs: 5000, maxMs: 300_000 }; // so soon after the agent is back

export interface ForgettingOptions {
  store: Store;
  agent: AgentSessionsOptions['agent'] & Pick<AgentClient, 'isReady'>;
  /** Null where there is none. */
  memory: PartClient | null;
  supervisor: PartClient | null;
  lanes: { hold(): { resume(): void }; readonly running: number };
  /** Makes conversations shorter, which writes summaries. */
  compactor: { hold(): { resume(): void }; readonly busy: boolean };
  /** Puts events that wait in memory on disk. */
  flushEvents: () => void;
  /** Removes a schedule. */
  deleteJob: (id: string) => void;
  /** The agent was restarted. */
  onRestarted: () => void;
  /** Of the gateway. */
  folder: string;
  timeZone: string;
  clock: Clock;
  logger: Logger;
}

/** What keeps it from going on; the message says what to do. */
class ForgetProblem extends Error {}

export class Forgetting {
  readonly #options: ForgettingOptions;
  readonly #list: ForgottenList;
  readonly #queue = new SerialQueue();
  readonly #views = new Map<string, ForgettingView>();
  readonly #stopped = new AbortController();
  #resuming: Promise<void> | null = null;

  constructor(options: ForgettingOptions) {
    this.#options = options;
    this.#list = new ForgottenList(options.folder);
  }

  /**
   * Goes on with what was cut, and with what a backup has brought back; no turn begins before the first try. What the other
   * parts do not answer for yet is tried again, less and less often.
   */
  start(): void {
    const held = this.#options.lanes.hold();
    this.#goOn(0, () => held.resume());
  }

  /** @param tries that were made already @param tried is called after the next one, or where there is none */
  #goOn(tries: number, tried: () => void): void {
    this.#resuming ??= this.#resume(tries, tried)
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'what is still to be forgotten is not known');
        tried();
      })
      .finally(() => {
        this.#resuming = null;
      });
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#resuming;
    await this.#queue.idle();
  }

  async #resume(made: number, tried: () => void): Promise<void> {
    const { agent, clock } = this.#options;
    for (let tries = made; ; tries++) {
      if (tries > 0) await pause(clock, backoffMs(tries, RETRY), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      if (tries > 0 && !(await agent.isReady())) continue; // nothing could be had from him
      const due = (await this.#list.read()).filter(({ state }) => state === 'due');
      for (const entry of due) {
        if (this.#stopped.signal.aborted) break;
        await this.#begin(entry);
      }
      tried();
      if ((await this.#list.read()).every(({ state }) => state === 'done')) return;
    }
  }

  /** What would be removed; nothing is. @throws ForgetWishError */
  async look(wish: ForgetWish): Promise<ForgetFinding> {
    const { store, timeZone, clock } = this.#options;
    const mark = forgetMark(wish, store, timeZone, clock.now());
    this.#options.flushEvents();
    const { places, left, sessions } = await store.forgetting.forget(mark, false);
    const memory = await this.#memory(mark, '/forget/look');
    const agent = await agentSessionsWith(mark, sessions, this.#options);
    return {
      places: [...memory.places, ...places, ...sessionsPlace(agent.ids)],
      left: [...memory.left, ...left, ...agent.left],
    };
  }

  /**
   * Removes it. On disk when it resolves is that it is to be; `find` tells how it goes.
   * @throws ForgetWishError
   */
  async begin(wish: ForgetWish): Promise<{ view: ForgettingView; done: Promise<ForgettingView> }> {
    const { store, timeZone, clock } = this.#options;
    const mark = forgetMark(wish, store, timeZone, clock.now());
    const entry: ForgottenEntry = {
      id: uuidv7(),
      at: new Date(clock.now()).toISOString(),
      mark,
      state: 'due',
    };
    await this.#queue.run(() => this.#list.put(entry));
    const done = this.#begin(entry);
    return { view: this.#views.get(entry.id) as ForgettingView, done };
  }

  find(id: string): ForgettingView | null {
    return this.#views.get(id) ?? null;
  }

  /** Never rejects. */
  #begin(entry: ForgottenEntry): Promise<ForgettingView> {
    const { id } = entry;
    this.#show({ id, state: 'due', places: [], left: [] });
    return this.#queue.run(async () => {
      let view: ForgettingView;
      try {
        view = { id, state: 'done', ...(await this.#work(entry)) };
      } catch (error) {
        this.#options.logger.error({ err: error, forgetting: id }, 'forgetting was cut');
        const known = error instanceof ForgetProblem || error instanceof StoreError;
        const problem = known ? error.message : 'It failed; the log of the gateway has the reason.';
        view = { id, state: 'failed', problem, places: [], left: [] };
      }
      this.#show(view);
      const isDue = (await this.#list.read()).some((one) => one.id === id && one.state === 'due');
      if (isDue && !this.#stopped.signal.aborted) this.#goOn(1, () => {});
      return view;
    });
  }

  async #work(entry: ForgottenEntry): Promise<ForgetFinding> {
    const { store, supervisor, lanes, compactor, logger } = this.#options;
    const { mark } = entry;
    const held = [lanes.hold(), compactor.hold()];
    try {
      await this.#untilIdle();
      this.#options.flushEvents();
      const memory = await this.#memory(mark, '/forget');
      const { places, left, sessions, jobs } = await store.forgetting.forget(mark, true);
      for (const id of jobs) this.#options.deleteJob(id);
      const agent = await agentSessionsWith(mark, sessions, this.#options);
      const undeleted = await leaveAgentSessions(agent.ids, this.#options);
      const pages = supervisor === null ? [NO_SUPERVISOR] : await this.#overwriteSessions(supervisor);
      store.history.makeAnew();
      store.forgetting.overwrite();
      const remains = [...memory.left, ...left, ...agent.left, ...undeleted, ...pages];
      if (agent.left.length + undeleted.length === 0) await this.#list.put({ ...entry, state: 'done' });
      logger.info({ forgetting: entry.id, left: remains.length }, 'forgotten');
      return { places: [...memory.places, ...places, ...sessionsPlace(agent.ids)], left: remains };
    } finally {
      for (const one of held) one.resume();
    }
  }

  async #untilIdle(): Promise<void> {
    const { lanes, compactor, clock } = this.#options;
    const until = clock.now() + RUNNING_MS;
    while (lanes.running > 0 || compactor.busy) {
      if (clock.now() >= until || this.#stopped.signal.aborted)
        throw new ForgetProblem(
          'An answer is still being made, and what it says would be kept. Stop it (/stop), then forget again.',
        );
      await pause(clock, LOOK_MS);
    }
  }

  async #memory(mark: ForgetMark, path: string): Promise<ForgetFinding> {
    const { memory } = this.#options;
    if (memory === null)
      return { places: [], left: ['No memory server is configured, so its files were not looked at.'] };
    const answer = await memory.request('POST', path, { body: mark, timeoutMs: PART_MS });
    const finding = forgetFindingSchema.safeParse(answer?.body);
    if (answer?.status === 200 && finding.success) return finding.data;
    throw new ForgetProblem(
      'The memory server does not answer. "mobyclaw status" shows whether it runs; then forget again.',
    );
  }

  async #overwriteSessions(supervisor: PartClient): Promise<string[]> {
    const answer = await supervisor.request('POST', '/overwrite-sessions', { timeoutMs: PART_MS });
    this.#options.onRestarted();
    if (answer?.status === 200) return [];
    return [
      "The agent's database could not be written anew, so parts of deleted conversations may stand in free pages of it. Forget again when he runs.",
    ];
  }

  #show(view: ForgettingView): void {
    this.#views.delete(view.id);
    this.#views.set(view.id, view);
    const [oldest] = this.#views.keys();
    if (this.#views.size > KEPT_VIEWS && oldest !== undefined) this.#views.delete(oldest);
  }
}

const NO_SUPERVISOR =
  'Nothing stands beside the agent that could write his database anew, so parts of deleted conversations may stand in free pages of it.';

function sessionsPlace(ids: readonly string[]): ForgetFinding['places'] {
  return ids.length === 0
    ? []
    : [
        {
          place: "the agent's own records of conversations, each as a whole",
          count: ids.length,
          examples: [],
        },
      ];
}
