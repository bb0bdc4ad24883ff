/**
 * One run of a turn at the agent: the session that carries the conversation, the text that is sent, the events that come
 * back, and the budget that may cut it. What its outcome means is the turn runner's to decide.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { TurnEvent } from '@mobyclaw/protocol/events';
import { IDENTITY_HEADERS } from '@mobyclaw/protocol/identity';
import type { AgentClient, RunEvent, RunOutcome } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { AgentMonitor } from '../agent-monitor/agent-monitor.ts';
import type { Budget } from '../budget/budget.ts';
import type { Gauge } from '../compaction/gauge.ts';
import type { Shortening } from '../compaction/shortening.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { ModelChoice } from '../models/model-choice.ts';
import type { UnaskedRecall } from '../recall/unasked-recall.ts';
import type { CompactionWhy, SummaryRow } from '../store/compaction-store.ts';
import { StoreError } from '../store/database.ts';
import type { MessageRow } from '../store/message-store.ts';
import type { SessionRow } from '../store/session-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { type AskingOptions, askOwner } from './asking.ts';
import { splitAttachments } from './attachments.ts';
import { askerOf, type Capabilities } from './capabilities.ts';
import { type Quoted, writeEnvelope } from './envelope.ts';
import type { EventLog } from './event-log.ts';
import type { StopReason } from './lanes.ts';
import type { Progress } from './progress.ts';
import { relay } from './run-relay.ts';
import { sentSince } from './sent-since.ts';
import type { SteerableRun, Steering } from './steering.ts';

/** The agent in soul.yaml that beats run with, where the owner has defined one: with a cheaper model, say. */
const HEARTBEAT_AGENT = 'heartbeat';

const CONTINUE_PROMPT =
  'Your last answer broke off by a fault at the model provider. Go on exactly where it stopped; repeat nothing and do not comment on it.';

export interface AgentRunOptions {
  store: Store;
  events: EventLog;
  agent: AgentClient;
  monitor: AgentMonitor;
  metrics: Metrics;
  capabilities: Capabilities;
  questions: AskingOptions['questions'];
  rules: AskingOptions['rules'];
  /** The turn waits for a person from now on. @returns to be called when it goes on */
  waits: AskingOptions['waits'];
  gauge: Gauge;
  shortening: Shortening;
  agentSessionsInUse: Set<string>;
  recall: UnaskedRecall;
  steering: Steering;
  /** Null where no cap is set. */
  budget: Budget | null;
  clock: Clock;
  logger: Logger;
  timeZone: string;
  /** A run on a session of the agent has ended; what its conversation has left meanwhile can be deleted now. */
  onSessionFree: () => void;
}

export class AgentRun {
  readonly #options: AgentRunOptions;
  /** The agent's sessions in which a run is under way. */
  readonly inUse: Set<string>;
  readonly #models: ModelChoice;

  constructor(options: AgentRunOptions) {
    this.#options = options;
    this.inUse = options.agentSessionsInUse;
    this.#models = new ModelChoice(options.store, options.agent);
  }

  /**
   * Asks the agent once and turns what it says into the turn's events.
   * @throws AgentError where it could not be given a session
   */
  async run(turn: TurnRow, progress: Progress, signal: AbortSignal): Promise<RunOutcome> {
    const agentName = await this.#agentFor(turn);
    const session = await this.#session(turn, agentName, progress, signal);
    this.inUse.add(session.id);
    const steerable = this.#options.steering.begin(turn, session.id);
    try {
      return await this.#runOn({ ...session, agentName }, turn, progress, steerable, signal);
    } finally {
      steerable.end(signal.aborted);
      this.inUse.delete(session.id);
      this.#options.onSessionFree();
    }
  }

  async #runOn(
    session: { id: string; fresh: boolean; agentName: string | null },
    turn: TurnRow,
    progress: Progress,
    steerable: SteerableRun,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { agentName } = session;
    const { agent, monitor, store, capabilities, clock, timeZone } = this.#options;
    const merged = store.turns.mergedInto(turn.id);
    const prompts = [turn, ...merged];
    const { images, text } = splitAttachments(prompts.flatMap(({ attachments }) => attachments));
    const prompt = progress.continues
      ? CONTINUE_PROMPT
      : prompts.map((one) => one.prompt).join('\n\n') + text;
    const history = session.fresh ? this.#conversationBefore(turn) : [];
    const summary = this.#summaryFor(turn, session.fresh);
    const sent = sentSince(store, turn.session, history);
    const envelope = {
      now: clock.now(),
      timeZone,
      turn: turn.id,
      channel: turn.session,
      sender: turn.sender,
      notes: [...prompts.flatMap(({ notes = [] }) => notes), ...progress.notes(session.fresh)],
      summary: summary?.text ?? null,
      history,
      sent: sent.messages,
      recalled: progress.continues
        ? []
        : await this.#options.recall.before(turn, {
            text: prompts.map((one) => one.prompt).join('\n\n'),
            agentSession: session.id,
            fresh: session.fresh,
            told: [...history, ...sent.messages],
          }),
    };
    const sentText = writeEnvelope(envelope, prompt);
    const model = await this.#models.forRun(turn, agentName);
    progress.beginRun();
    const outcome = await agent.run(
      {
        sessionId: session.id,
        ...(agentName === null ? {} : { agentName }),
        ...(model === undefined ? {} : { model }),
        text: sentText,
        ...(images.length > 0 && !progress.continues ? { images } : {}),
        identity: {
          [IDENTITY_HEADERS.session]: turn.session,
          [IDENTITY_HEADERS.turn]: capabilities.issue(turn, progress.attempt),
          [IDENTITY_HEADERS.channel]: turn.session,
          [IDENTITY_HEADERS.sender]: turn.sender,
        },
        decide: (wanted, ended) => askOwner(this.#options, turn, progress, wanted, ended),
      },
      (event) => {
        if (event.type === 'heard') steerable.heard(event.text);
        // The status shows the model that people talk to.
        if (event.type === 'model' && agentName === null && model === undefined)
          monitor.noteModel(event.model);
        this.#relay(turn, progress, event);
      },
      AbortSignal.any([signal, progress.cut?.signal ?? signal]),
    );
    if (outcome.kind === 'completed') this.#noteTold(turn, sent.upto, summary?.id ?? null);
    const { firstContext: first, context: last } = progress;
    if (first && last) {
      const { fresh } = session;
      await this.#options.gauge.note({
        session: turn.session,
        agentName,
        text: sentText,
        fresh,
        shortened: progress.shortened,
        first,
        last,
      });
    }
    if (progress.shortened && !session.fresh) this.#shortenedByEngine(turn);
    return outcome;
  }

  #shortenedByEngine(turn: TurnRow): void {
    const { store, shortening, logger } = this.#options;
    try {
      shortening.byEngine(turn.session, store.messages.firstOfTurn(turn.session, turn.id)?.id);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error(
        { err: error, turn: turn.id },
        'that the agent made a conversation shorter is not on disk',
      );
    }
  }

  /** Called once the agent has answered: only then it has surely had the messages, and to be told twice does little harm. */
  #noteTold(turn: TurnRow, upto: number | null, summary: number | null): void {
    const { store, logger } = this.#options;
    if (upto === null && summary === null) return;
    try {
      store.transaction('relaxed', () => {
        if (upto !== null) store.sessions.setTold(turn.session, upto);
        if (summary !== null) store.sessions.setSummaryTold(turn.session, summary);
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error, turn: turn.id }, 'the next turn is told once more what was sent by itself');
    }
  }

  /**
   * The owner's turns run with root, and a beat with the agent `heartbeat` if there is one. Turns of guests and webhooks run
   * with the agent of that name alone, which has no shell and no files. The agent is asked for its team before each turn,
   * because soul.yaml may have changed.
   * @returns null for root
   * @throws AgentError where there is no agent that this turn may run with
   */
  async #agentFor(turn: TurnRow): Promise<string | null> {
    const asker = askerOf(turn);
    if (asker === 'owner' && turn.source !== 'heartbeat') return null;
    const names = await this.#options.agent.agentNames();
    if (asker === 'owner') return names.includes(HEARTBEAT_AGENT) ? HEARTBEAT_AGENT : null;
    if (names.includes(asker) || names.length === 0) return asker; // if there is none, soul.yaml is broken, and the run tells why
    const why = `This turn is not the owner's (${asker}), and soul.yaml has no agent "${asker}" to run it with.`;
    throw new AgentError('config', `${why} Add one under agents, with the tools that it may have.`);
  }

  /** The agent's session of this conversation; a new one if there is none or it has to be left. */
  async #session(
    turn: TurnRow,
    agentName: string | null,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<{ id: string; fresh: boolean }> {
    const { store, agent, shortening } = this.#options;
    const row = store.sessions.find(turn.session);
    const left = this.#leftBecause(turn, row, agentName, progress);
    if (row?.agentSession && left === null) {
      if (row.restricted) await shortening.lift(turn.session, row.agentSession);
      return { id: row.agentSession, fresh: false };
    }
    if (left !== null) {
      const before = store.messages.firstOfTurn(turn.session, turn.id)?.id;
      const notice = await shortening.leave(turn.session, left, before, signal);
      if (notice !== null) this.#emit(turn, { type: 'notice', data: { text: notice } });
    }
    const id = await agent.createSession(turn.session);
    store.transaction('relaxed', () => store.sessions.setAgentSession(turn.session, id, agentName));
    if (progress.continues) {
      progress.startOver();
      this.#emit(turn, { type: 'replace', data: { text: '' } });
    }
    return { id, fresh: true };
  }

  /** Why the agent session cannot be gone on with; null where it can, or there is none. */
  #leftBecause(
    turn: TurnRow,
    row: SessionRow | null,
    agentName: string | null,
    progress: Progress,
  ): CompactionWhy | null {
    if (!row?.agentSession) return null;
    if (row.takesNewAgentSession) return progress.leftBecause ?? 'torn';
    // If the turn needs another agent than the session is bound to, then it takes a new session, which is told the conversation.
    if (row.agent !== agentName) return 'other-agent';
    return this.#options.shortening.overflowsWith(turn.session, turn.prompt) ? 'full' : null;
  }

  /** The summary that the agent session has not been told. */
  #summaryFor(turn: TurnRow, fresh: boolean): SummaryRow | null {
    const { store } = this.#options;
    const row = store.sessions.find(turn.session);
    const summary = store.compactions.summary(turn.session);
    if (!row || !summary) return null;
    return fresh || summary.id > row.summaryTold ? summary : null;
  }

  #conversationBefore(turn: TurnRow): (MessageRow & Quoted)[] {
    const { store, shortening } = this.#options;
    const first = store.messages.firstOfTurn(turn.session, turn.id);
    return shortening.carried(turn.session, first?.id).map((message) => {
      const said = store.turns.find(message.turn);
      return said?.guest ? { ...message, guest: said.sender } : message;
    });
  }

  #relay(turn: TurnRow, progress: Progress, event: RunEvent): void {
    if (event.type === 'text' && !progress.spoke) {
      progress.spoke = true;
      this.#options.metrics.firstToken((this.#options.clock.now() - turn.createdAt) / 1000);
    }
    const turnEvent = relay(event, progress);
    if (turnEvent) this.#emit(turn, turnEvent);
    this.#keepBudget(turn, progress, event);
  }

  /** If the budget is used up, the run is cut before the next model call or tool. An answer that is complete by then is kept. */
  #keepBudget(turn: TurnRow, progress: Progress, event: RunEvent): void {
    if (event.type === 'usage') {
      const { type: _, ...call } = event;
      const verdict = this.#options.budget?.note(turn.id, call, turn);
      for (const text of verdict?.warnings ?? []) this.#emit(turn, { type: 'notice', data: { text } });
      if (verdict?.stop) progress.overBudget = verdict.stop;
    }
    const goesOn = progress.openTools.size > 0 || event.type === 'text' || event.type === 'tool';
    if (progress.overBudget !== null && goesOn) progress.cut?.abort('cancelled' satisfies StopReason);
  }

  #emit(turn: TurnRow, event: TurnEvent): void {
    this.#options.events.append(turn.seq, event);
  }
}
