/**
 * Brings an edited soul.yaml into force without cutting a turn or losing a conversation (architecture.md, "soul.yaml
 * reload"). Memory tells of edits and publishes, the supervisor restarts the agent, and this leads, since only the
 * gateway knows when no turn runs. Whatever fails, the last version that the agent ran is put back and lanes go on.
 */

import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { asSentence } from '@mobyclaw/lib/sentence';
import {
  reloadResultSchema,
  type SoulProblem,
  type SoulState,
  soulStateSchema,
  supervisorStatusSchema,
} from '@mobyclaw/protocol/control';
import type { PartClient } from '../parts/part-client.ts';

const WATCH_S = 25; // below the patience of anything between us and the memory server
const RELOAD_TIMEOUT_MS = 60_000; // the supervisor gives the agent 20 s
const RETRY = { firstMs: 500, maxMs: 10_000 };

export type SoulView =
  | { state: 'in-force' | 'reloading' | 'unknown'; problem?: undefined }
  | { state: 'rejected' | 'differs'; problem: string };

/** What the engine says it was started with. */
export interface RunningSoul {
  hash: string;
  altered: boolean;
}

export interface SoulReloaderOptions {
  memory: PartClient;
  supervisor: PartClient;
  lanes: { pause(): Promise<{ resume(): void }> };
  /** Told when `view` may say something else. */
  onView?: () => void;
  /** The agent that answers next may be another version. */
  onRestarted: () => void;
  clock: Clock;
  logger: Logger;
}

/** A part did not do what it was asked to; tried again later. */
class PartUnavailableError extends Error {
  override name = 'PartUnavailableError';
}

export class SoulReloader {
  readonly #options: SoulReloaderOptions;
  readonly #stop = new AbortController();
  #view: SoulView = { state: 'unknown' };
  /** Hash of what is in force. */
  #confirmed: string | null = null;
  /** Hash of the candidate that the agent refused; tried again only when the file changes. */
  #refused: { hash: string; problem: string } | null = null;
  #done: Promise<void> = Promise.resolve();

  constructor(options: SoulReloaderOptions) {
    this.#options = options;
  }

  /** @param running null where it is not known: then what was confirmed counts */
  view(running: RunningSoul | null): SoulView {
    if (this.#view.state !== 'in-force' || running === null) return this.#view;
    if (running.hash === this.#confirmed && !running.altered) return this.#view;
    const problem = running.altered
      ? "Another program has rewritten the agent's copy of soul.yaml. He was started with yours, and will be again: ./mobyclaw restart agent. Ask him what ran in his shell."
      : 'The agent runs another soul.yaml than yours: agent/soul.yaml in the data directory was changed by another program. ./mobyclaw restart puts yours back.';
    return { state: 'differs', problem };
  }

  start(): void {
    this.#done = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const { clock, logger } = this.#options;
    let failures = 0;
    let seen: string | null = null;
    while (!this.#stop.signal.aborted) {
      try {
        const state: SoulState = seen === null ? await this.#soul('GET', '/soul') : await this.#watch(seen);
        await this.#apply(state);
        seen = state.candidate?.hash ?? 'none';
        failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        seen = null;
        if (!(error instanceof PartUnavailableError))
          logger.error({ err: error }, 'following soul.yaml failed');
        await pause(clock, backoffMs(++failures, RETRY), this.#stop.signal);
      }
    }
  }

  async #apply(state: SoulState): Promise<void> {
    const { candidate, published, confirmed } = state;
    if (published !== null && published !== confirmed) return this.#settlePublished(state, published);
    if (!candidate) {
      const problem =
        'soul.yaml is missing. Moby goes on with the last version; put the file back to change him.';
      this.#show({ state: 'rejected', problem });
    } else if (candidate.problem) {
      this.#reject(candidate.hash, candidate.problem);
    } else if (candidate.hash === confirmed) {
      this.#confirmed = confirmed;
      this.#show({ state: 'in-force' });
    } else if (candidate.hash === this.#refused?.hash) {
      this.#show({ state: 'rejected', problem: this.#refused.problem });
    } else {
      await this.#reload(candidate.hash);
    }
  }

  /** Something was published that nobody has confirmed: the first start, or a gateway that died in a reload. */
  async #settlePublished(state: SoulState, published: string): Promise<void> {
    const answer = await this.#options.supervisor.request('GET', '/status');
    const status = supervisorStatusSchema.safeParse(answer?.body);
    if (!status.success) throw new PartUnavailableError('the supervisor does not answer');
    if (status.data.state === 'ready' && status.data.soul === published) {
      await this.#confirm(published);
    } else if (status.data.state === 'starting' || (status.data.state === 'down' && !status.data.problem)) {
      throw new PartUnavailableError('the agent is starting');
    } else {
      await this.#restartAgent(published);
    }
    await this.#apply({ ...(await this.#soul('GET', '/soul')), published: null, candidate: state.candidate });
  }

  async #reload(hash: string): Promise<void> {
    this.#show({ state: 'reloading' });
    this.#options.logger.info({ soul: hash }, 'soul.yaml was edited: waiting for running turns to end');
    const hold = await this.#options.lanes.pause();
    try {
      const answer = await this.#options.memory.request('POST', '/soul/publish', { body: { hash } });
      if (answer?.status === 409) return; // edited again meanwhile: the watch brings the newer one
      if (answer?.status !== 200) throw new PartUnavailableError('memory did not publish');
      await this.#restartAgent(hash);
    } finally {
      hold.resume();
    }
  }

  /** Restarts the agent on what is published; puts the last good version back where it does not come up. */
  async #restartAgent(hash: string): Promise<void> {
    const { supervisor, memory, onRestarted, logger } = this.#options;
    const answer = await supervisor.request('POST', '/reload', { timeoutMs: RELOAD_TIMEOUT_MS });
    const result = reloadResultSchema.safeParse(answer?.body);
    if (!result.success) throw new PartUnavailableError('the supervisor did not reload');
    onRestarted();
    if (result.data.ok) {
      await this.#confirm(hash);
      return;
    }
    this.#reject(hash, result.data.problem);
    const restored = await memory.request('POST', '/soul/restore');
    if (restored?.status !== 200) {
      logger.error({ soul: hash }, 'there is no earlier soul.yaml to put back');
      return;
    }
    await supervisor.request('POST', '/reload', { timeoutMs: RELOAD_TIMEOUT_MS });
    onRestarted();
  }

  async #confirm(hash: string): Promise<void> {
    const answer = await this.#options.memory.request('POST', '/soul/confirm', { body: { hash } });
    if (answer?.status !== 200) throw new PartUnavailableError('memory did not confirm');
    this.#refused = null;
    this.#confirmed = hash;
    this.#show({ state: 'in-force' });
    this.#options.logger.info({ soul: hash }, 'soul.yaml is in force');
  }

  #reject(hash: string, problem: SoulProblem): void {
    const where = problem.line === undefined ? '' : ` line ${problem.line}`;
    const text = `soul.yaml${where}: ${asSentence(problem.message)} Moby goes on with the last version that worked.`;
    this.#refused = { hash, problem: text };
    this.#show({ state: 'rejected', problem: text });
    this.#options.logger.warn({ soul: hash, line: problem.line }, 'soul.yaml was rejected');
  }

  #show(view: SoulView): void {
    this.#view = view;
    this.#options.onView?.();
  }

  #watch(since: string): Promise<SoulState> {
    return this.#soul('GET', `/soul/watch?since=${since}&timeout=${WATCH_S}`, (WATCH_S + 5) * 1000);
  }

  async #soul(method: 'GET', path: string, timeoutMs = 5000): Promise<SoulState> {
    const answer = await this.#options.memory.request(method, path, { timeoutMs, signal: this.#stop.signal });
    const state = soulStateSchema.safeParse(answer?.body);
    if (!state.success) throw new PartUnavailableError('the memory server does not answer');
    return state.data;
  }
}
