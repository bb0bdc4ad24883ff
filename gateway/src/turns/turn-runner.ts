/**
 * Runs one turn to its end, through whatever the agent, the provider or a crash does to it.
 *
 * Reads the turn and its session, writes attempts, events and the ending. A turn ends exactly once: done, failed with a
 * reason for the person, or cancelled. Only a shutdown leaves it running, for the next start to take up. Every start of
 * a run that could have reached the agent counts as an attempt, of which there are three.
 */

import { pause } from '@mobyclaw/lib/clock';
import { asSentence } from '@mobyclaw/lib/sentence';
import type { TurnEvent } from '@mobyclaw/protocol/events';
import type { RunOutcome } from '../agent/agent.ts';
import { AgentError, type AgentErrorCode } from '../agent/agent-error.ts';
import type { Pricing } from '../budget/pricing.ts';
import type { CompactionWhy } from '../store/compaction-store.ts';
import { StoreError } from '../store/database.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { AgentRun, type AgentRunOptions } from './agent-run.ts';
import { AGENT_AWAY, awaitAgent } from './agent-wait.ts';
import type { ConversationReset } from './conversation-reset.ts';
import { recallEarlierAttempts } from './earlier-attempts.ts';
import { textSeenLast } from './earlier-text.ts';
import { CUT_ANSWER } from './ending.ts';
import type { StopReason } from './lanes.ts';
import { Progress } from './progress.ts';
import type { TurnFinisher } from './turn-finisher.ts';
import { TurnStarter } from './turn-starter.ts';

export const MAX_ATTEMPTS = 3;
const MOST_EXCUSED = 20; // restarts while a question waits; more of them mean that something is wrong
const PROVIDER_PAUSE_MS = 5000; // the agent has already tried for seconds
const LONGEST_PROVIDER_PAUSE_MS = 60_000; // longer than that a person wants to know
const STORE_RETRY_MS = 2000; // a full disk: somebody has to make room

export interface TurnRunnerOptions extends AgentRunOptions {
  finisher: TurnFinisher;
  pricing: Pricing;
  resets: ConversationReset;
  /** Names this process in the turns it runs. */
  lease: string;
}

type Next = 'again' | 'ended';

const LEFT_BECAUSE: Partial<Record<AgentErrorCode, CompactionWhy>> = {
  context_overflow: 'overflow',
  session_not_found: 'gone',
};

export class TurnRunner {
  readonly #options: TurnRunnerOptions;
  readonly #agentRun: AgentRun;
  readonly #starter: TurnStarter;

  constructor(options: TurnRunnerOptions) {
    this.#options = options;
    this.#agentRun = new AgentRun(options);
    this.#starter = new TurnStarter(options);
  }

  get agentSessionsInUse(): ReadonlySet<string> {
    return this.#agentRun.inUse;
  }

  /** @param signal its reason is a StopReason */
  async run(turn: TurnRow, signal: AbortSignal): Promise<void> {
    const progress = new Progress(turn.attempt);
    try {
      if (turn.attempt > 0) this.#recallUsage(turn, progress);
      while ((await this.#stepOrWait(turn, progress, signal)) === 'again');
    } catch (error) {
      if (error instanceof AgentError) {
        await this.#fail(turn, progress, error, signal);
        return;
      }
      this.#options.logger.error({ err: error, turn: turn.id }, 'a turn failed inside the gateway');
      await this.#end(
        turn,
        progress,
        {
          code: 'internal',
          message:
            'The gateway failed while it worked on this message; its log has the reason. Send the message again.',
          retryable: true,
        },
        signal,
      );
    } finally {
      this.#options.budget?.settled(turn.id);
    }
  }

  /** If the disk does not take the start of an attempt, then the turn waits and tries again; it does not fail. */
  async #stepOrWait(turn: TurnRow, progress: Progress, signal: AbortSignal): Promise<Next> {
    try {
      return await this.#step(turn, progress, signal);
    } catch (error) {
      if (!(error instanceof StoreError) || progress.counted) throw error;
      this.#options.logger.error({ err: error, turn: turn.id }, 'a turn waits for the disk');
      if (signal.reason === ('shutdown' satisfies StopReason)) return 'ended';
      await pause(this.#options.clock, STORE_RETRY_MS, signal);
      return 'again';
    }
  }

  async #step(turn: TurnRow, progress: Progress, signal: AbortSignal): Promise<Next> {
    if (!progress.counted) await this.#options.budget?.refresh();
    if (signal.aborted) return this.#stopped(turn, progress, signal, false);
    if (!progress.counted) {
      const refusal = this.#options.budget?.refusal(turn) ?? null;
      if (refusal !== null) return this.#overBudget(turn, progress, refusal, signal);
      if (progress.attempt > 0) {
        const excused = this.#options.store.turns.find(turn.id)?.excused ?? 0;
        const failed = progress.attempt - Math.min(excused, MOST_EXCUSED);
        if (failed >= MAX_ATTEMPTS) return this.#giveUp(turn, progress, signal);
        await this.#recall(turn, progress, signal);
        if (signal.aborted) return this.#stopped(turn, progress, signal, false);
      }
      await this.#startAttempt(turn, progress);
      if (signal.aborted) return this.#stopped(turn, progress, signal, false);
    }
    let outcome: RunOutcome;
    try {
      outcome = await this.#agentRun.run(turn, progress, signal);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      outcome = { kind: 'failed', error, openToolCall: false, partial: '', toolsStarted: [] };
    }
    if (progress.waiting > 0 && outcome.kind !== 'completed') this.#excuse(turn, progress);
    return this.#judge(turn, progress, outcome, signal);
  }

  /** If the disk does not take it, it counts as an attempt. */
  #excuse(turn: TurnRow, progress: Progress): void {
    const { store, logger } = this.#options;
    try {
      store.transaction('relaxed', () => store.turns.excuse(turn.id, progress.attempt));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error(
        { err: error, turn: turn.id },
        'an attempt that waited for a person counts, since the disk is full',
      );
    }
  }

  async #startAttempt(turn: TurnRow, progress: Progress): Promise<void> {
    const { events } = this.#options;
    progress.attempt = await this.#starter.start(turn, progress.attempt === 0);
    progress.counted = true;
    events.beginAttempt(turn.seq, progress.attempt);
    this.#emit(turn, { type: 'started', data: { turn: turn.id, session: turn.session } });
    if (progress.attempt > 1) this.#emit(turn, { type: 'replace', data: { text: progress.kept } });
  }

  /** What earlier attempts, before a crash, have spent. */
  #recallUsage(turn: TurnRow, progress: Progress): void {
    for (const call of this.#options.store.events.ofType(turn.seq, 'usage')) {
      progress.meter.add(call);
      this.#options.budget?.note(turn.id, call, turn);
    }
  }

  #overBudget(turn: TurnRow, progress: Progress, message: string, signal: AbortSignal): Promise<Next> {
    return this.#end(turn, progress, { code: 'budget_exceeded', message, retryable: false }, signal);
  }

  async #judge(turn: TurnRow, progress: Progress, outcome: RunOutcome, signal: AbortSignal): Promise<Next> {
    if (outcome.kind === 'completed') return this.#completed(turn, progress, outcome, signal);
    if (outcome.kind === 'stopped') {
      progress.kept += outcome.partial;
      if (progress.overBudget !== null && !signal.aborted) {
        if (outcome.openToolCall) this.#leaveAgentSession(turn);
        return this.#overBudget(turn, progress, progress.overBudget, signal);
      }
      return this.#stopped(turn, progress, signal, outcome.openToolCall);
    }
    if (outcome.openToolCall) this.#leaveAgentSession(turn);
    for (const name of outcome.toolsStarted) progress.tools.add(name);
    const { error } = outcome;
    this.#options.logger.warn(
      {
        turn: turn.id,
        attempt: progress.attempt,
        code: error.code,
        status: error.status,
        openToolCall: outcome.openToolCall,
      },
      'a run ended without an answer',
    );
    switch (error.remedy) {
      case 'agent-back':
        return this.#awaitAgent(turn, progress, outcome, signal);
      case 'new-session':
        if (progress.sessionReplaced) break;
        progress.sessionReplaced = true;
        progress.leftBecause = LEFT_BECAUSE[error.code] ?? 'torn';
        if (error.code === 'context_overflow') this.#options.gauge.refused(turn.session, turn.prompt, error);
        progress.startOver();
        this.#leaveAgentSession(turn);
        this.#emit(turn, { type: 'replace', data: { text: '' } });
        return 'again';
      case 'same-session':
        return this.#askAgain(turn, progress, outcome, signal);
      case 'none':
        break;
    }
    progress.kept += outcome.partial;
    return this.#fail(turn, progress, error, signal);
  }

  async #completed(
    turn: TurnRow,
    progress: Progress,
    outcome: Extract<RunOutcome, { kind: 'completed' }>,
    signal: AbortSignal,
  ): Promise<Next> {
    const text = progress.kept + outcome.text;
    if (outcome.replaced) this.#emit(turn, { type: 'replace', data: { text } });
    if (text === '') {
      const notice = 'The model gave an empty answer. Ask again, or put it another way.';
      this.#emit(turn, { type: 'notice', data: { text: notice } });
    }
    if (outcome.cut) this.#emit(turn, { type: 'notice', data: { text: CUT_ANSWER } });
    const usage = await this.#options.pricing.total(progress.meter);
    const cut = outcome.cut ? { cut: true as const } : {};
    await this.#options.finisher.finish(turn, { state: 'done', text, usage, ...cut }, signal);
    return 'ended';
  }

  async #stopped(
    turn: TurnRow,
    progress: Progress,
    signal: AbortSignal,
    openToolCall: boolean,
  ): Promise<Next> {
    const reason = signal.reason as StopReason;
    if (reason === 'shutdown' || reason === 'held') {
      if (openToolCall) this.#leaveAgentSession(turn);
      return 'ended';
    }
    const message =
      reason === 'interrupted' ? 'Stopped, because a newer message came in.' : 'Stopped, as you asked.';
    const error = { code: reason, message, retryable: false };
    const usage = await this.#options.pricing.total(progress.meter);
    await this.#options.finisher.finish(
      turn,
      { state: 'cancelled', partial: progress.kept, usage, error },
      signal,
      openToolCall,
    );
    return 'ended';
  }

  /** The agent is away: waits for it, then asks again. Only a run that reached it counts as an attempt. */
  async #awaitAgent(
    turn: TurnRow,
    progress: Progress,
    outcome: Extract<RunOutcome, { kind: 'failed' }>,
    signal: AbortSignal,
  ): Promise<Next> {
    if (outcome.error.code !== 'agent_unreachable') {
      progress.counted = false;
      progress.startOver();
    }
    const back = await awaitAgent(this.#options.agent, this.#options.clock, signal, () => {
      this.#emit(turn, { type: 'notice', data: { text: AGENT_AWAY } });
    });
    return back || signal.aborted ? 'again' : this.#fail(turn, progress, outcome.error, signal);
  }

  /** If an answer broke off, then the model is asked once to go on. If the provider is away, then it is asked once more. */
  async #askAgain(
    turn: TurnRow,
    progress: Progress,
    outcome: Extract<RunOutcome, { kind: 'failed' }>,
    signal: AbortSignal,
  ): Promise<Next> {
    const { error, partial } = outcome;
    if (error.code === 'stalled') {
      progress.counted = false;
      progress.startOver();
      return 'again';
    }
    if (partial !== '' && !progress.continues && !outcome.openToolCall) {
      progress.kept += partial;
      progress.continues = true;
      if (progress.streamed !== partial) this.#emit(turn, { type: 'replace', data: { text: progress.kept } });
      return 'again';
    }
    progress.kept += partial;
    const waitMs = error.retryAfterMs ?? PROVIDER_PAUSE_MS;
    if (progress.providerRetried || partial !== '' || waitMs > LONGEST_PROVIDER_PAUSE_MS) {
      return this.#fail(turn, progress, error, signal);
    }
    progress.providerRetried = true;
    progress.repeats = true;
    this.#emit(turn, { type: 'notice', data: { text: `${asSentence(error.message)} Trying once more.` } });
    await pause(this.#options.clock, waitMs, signal);
    return 'again';
  }

  /** The next run takes a new agent session, which is told the conversation so far. */
  #leaveAgentSession(turn: TurnRow): void {
    const { store, logger } = this.#options;
    try {
      store.transaction('relaxed', () => store.sessions.takeNewAgentSession(turn.session));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // The provider will refuse a session with an open tool call, and then it is left.
      logger.error(
        { err: error, turn: turn.id },
        'an agent session with an open tool call could not be marked',
      );
    }
  }

  async #recall(turn: TurnRow, progress: Progress, signal: AbortSignal): Promise<void> {
    const { tools, openToolCall } = await recallEarlierAttempts(this.#options, turn, signal);
    for (const name of tools) progress.tools.add(name);
    if (openToolCall) this.#leaveAgentSession(turn);
  }

  #giveUp(turn: TurnRow, progress: Progress, signal: AbortSignal): Promise<Next> {
    return this.#end(
      turn,
      progress,
      {
        code: 'attempts_exhausted',
        message: `This message was started ${MAX_ATTEMPTS} times and cut off each time. Look at the status, then send it again.`,
        retryable: true,
      },
      signal,
    );
  }

  #fail(turn: TurnRow, progress: Progress, error: AgentError, signal: AbortSignal): Promise<Next> {
    const { code, message, retryable } = error;
    return this.#end(turn, progress, { code, message, retryable }, signal);
  }

  async #end(
    turn: TurnRow,
    progress: Progress,
    error: { code: string; message: string; retryable: boolean },
    signal: AbortSignal,
  ): Promise<Next> {
    const usage = await this.#options.pricing.total(progress.meter);
    // If this attempt has no text, then that of an earlier one is kept, because the person has already read it.
    const partial = progress.kept === '' ? textSeenLast(this.#options.events, turn.seq) : progress.kept;
    await this.#options.finisher.finish(turn, { state: 'failed', partial, usage, error }, signal);
    return 'ended';
  }

  #emit(turn: TurnRow, event: TurnEvent): void {
    this.#options.events.append(turn.seq, event);
  }
}
