/**
 * Notes how full the model is after each run, for whoever asks and for the next turn. A server that drops the head of a prompt
 * without a word is found out by it: it counts fewer tokens than the call before, in a session that only grows.
 */

import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { AgentClient, RunEvent } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { Windows } from './windows.ts';

export type ContextEvent = Extract<RunEvent, { type: 'context' }>;

const REFUSED_SHARE = 0.95; // of what was refused, since the count is ours
const DROPPED_SHARE = 0.9; // a little less may be another way to count
const MOST_SESSIONS = 1000; // if one is forgotten, the next two calls tell it again

export interface GaugeOptions {
  store: Store;
  agent: Pick<AgentClient, 'namedWindow'>;
  windows: Windows;
  clock: Clock;
  logger: Logger;
}

/** One run, as far as the gauge has to do with it. */
export interface Measured {
  session: string;
  /** Of soul.yaml; null: root. */
  agentName: string | null;
  /** What was sent. */
  text: string;
  /** The agent session had nothing before. */
  fresh: boolean;
  /** The engine has made it shorter by itself meanwhile. */
  shortened?: boolean;
  /** Of its first model call, and of its last. */
  first: ContextEvent;
  last: ContextEvent;
}

export class Gauge {
  readonly #options: GaugeOptions;
  /** What the last call in each agent session read. */
  readonly #read = new BoundedMap<string, number>(MOST_SESSIONS);

  constructor(options: GaugeOptions) {
    this.#options = options;
  }

  /** Never rejects: without it a conversation is made shorter later. */
  async note({ session, agentName, text, fresh, shortened = false, first, last }: Measured): Promise<void> {
    const { store, clock, logger } = this.#options;
    const named = last.limit > 0 ? null : await this.#named(agentName ?? 'root');
    const limit = last.limit > 0 ? last.limit : named;
    const source = last.limit > 0 ? 'reported' : named === null ? null : 'named';
    const sent = estimateTokens(text);
    const base = fresh ? Math.max(0, first.tokens - sent) : null;
    const before = fresh ? 0 : (this.#read.get(session) ?? 0);
    const dropped = !shortened && limit === null && first.input < before * DROPPED_SHARE;
    this.#read.set(session, last.input);
    try {
      store.transaction('relaxed', () => {
        store.contexts.note(session, { tokens: last.tokens, limit, source, model: last.model, base });
        if (dropped) store.contexts.learn(last.model, before, clock.now());
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error, session }, 'how full the model is could not be noted');
    }
    if (dropped) {
      logger.warn(
        { session, model: last.model, before, now: first.input },
        'the server of the model drops what does not fit, without a word',
      );
    }
  }

  /**
   * The provider refused what was sent as too long: the model reads no more than that, whatever was thought.
   * @param prompt what came on top of what the agent session held; null where that is not known exactly, and only what the
   *   provider says counts
   */
  refused(session: string, prompt: string | null, error: AgentError): void {
    const { store, windows, clock, logger } = this.#options;
    const model = store.contexts.modelOf(session);
    if (!model) return;
    const held = store.contexts.of(session)?.tokens ?? 0;
    const counted = prompt === null ? null : Math.floor((held + estimateTokens(prompt)) * REFUSED_SHARE);
    const tokens = saidLimit(error.message) ?? counted;
    if (tokens === null || tokens < 1000 || tokens >= windows.of(model).tokens) return;
    try {
      store.transaction('relaxed', () => store.contexts.learn(model.model, tokens, clock.now()));
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      logger.error({ err: cause, session }, 'how much the model can read could not be noted');
    }
  }

  async #named(agentName: string): Promise<number | null> {
    try {
      return await this.#options.agent.namedWindow(agentName);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      this.#options.logger.warn({ err: error }, 'could not ask which window soul.yaml names');
      return null;
    }
  }
}

/** "This model's maximum context length is 8192 tokens", "prompt is too long: 210000 tokens > 200000 maximum". */
function saidLimit(message: string): number | null {
  const [, first, second] = /maximum context length (?:is|of) (\d+)|> (\d+) maximum/.exec(message) ?? [];
  const limit = Number(first ?? second);
  return Number.isFinite(limit) ? limit : null;
}
