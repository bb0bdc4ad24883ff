/**
 * One run, from the request to its outcome. Reads the stream, answers what would block it, watches it, and decides at the
 * end of the body what became of it: the end is EOF, as a stop may be a sub-agent's and an error may be survived.
 *
 * Invariant: it always settles, with an outcome; only a throw of the caller's own `onEvent` rejects, after the request
 * has been closed.
 */
import type { IncomingMessage } from 'node:http';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { StoredSession } from '@mobyclaw/protocol/cagent';
import type { AgentLimits, RunEvent, RunOutcome, RunRequest } from './agent.ts';
import { AgentError } from './agent-error.ts';
import { AnswerSender, refused } from './answer-sender.ts';
import type { AgentEvent } from './event-reader.ts';
import { type GenerationProbe, runBody } from './generation.ts';
import { httpError, sessionNotFound } from './http-error.ts';
import { RunReader } from './run-reader.ts';
import { storedAnswer } from './stored-answer.ts';
import { readStream, type StreamEnd } from './stream.ts';
import { readBody, type Transport } from './transport.ts';
import type { SessionUses } from './usage.ts';
import { Watchdog } from './watchdog.ts';

const BUSY_PAUSE_MS = 200;
const NOBODY = 'Nobody can be asked about it, so it is refused; go on without it and say so.';

export interface RunDependencies {
  transport: Transport;
  generation: GenerationProbe;
  agentKey: string;
  clock: Clock;
  logger: Logger;
  limits: AgentLimits;
  ping: () => Promise<boolean>;
  storedSession: (id: string) => Promise<StoredSession | null>;
  uses: SessionUses;
}

export async function executeRun(
  dependencies: RunDependencies,
  request: RunRequest,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<RunOutcome> {
  if (request.text === '' && (request.images ?? []).length === 0) {
    return failedEarly(new AgentError('bad_request', 'The message is empty.'));
  }
  return await new Run(dependencies, request, onEvent, signal).execute();
}

class Run {
  readonly #dependencies: RunDependencies;
  readonly #request: RunRequest;
  readonly #signal: AbortSignal;
  /** Closes the request, for whatever reason. */
  readonly #closing = new AbortController();
  readonly #reader: RunReader;
  readonly #answers: AnswerSender;
  readonly #watchdog: Watchdog;
  #gaveUp: AgentError | null = null;
  #unheard: { cause: unknown } | null = null;
  #endGrace: { cancel(): void } | null = null;

  constructor(
    dependencies: RunDependencies,
    request: RunRequest,
    onEvent: (event: RunEvent) => void,
    signal: AbortSignal,
  ) {
    const { transport, clock, logger, limits, ping } = dependencies;
    this.#dependencies = dependencies;
    this.#request = request;
    this.#signal = signal;
    this.#answers = new AnswerSender({
      transport,
      sessionId: request.sessionId,
      onGranted: (callId) => this.#reader.tools.release(callId),
      decide: request.decide ?? (async (wanted) => refused(wanted, NOBODY)),
      clock,
      logger,
      timeoutMs: limits.requestMs,
    });
    this.#reader = new RunReader({
      sessionId: request.sessionId,
      emit: onEvent,
      onBlocked: (blocked) => this.#answers.answer(blocked),
      onToolStart: (callId, call) => {
        if (!this.#answers.started(callId, call)) this.#giveUp(ungranted(call.tool));
      },
      onQuestionLost: (error) => this.#giveUp(error),
      uses: dependencies.uses,
      retryPauseMs: limits.retryPauseMs,
    });
    this.#watchdog = new Watchdog({
      clock,
      limits,
      ping,
      toolRuns: () => this.#reader.tools.running,
      waits: () => this.#answers.asking,
      onQuiet: (text) => this.#tell(onEvent, { type: 'notice', text }),
      onGiveUp: (error) => this.#giveUp(error),
    });
  }

  /** An event of our own, not from the stream. If the caller throws, the run ends as for any other event. */
  #tell(onEvent: (event: RunEvent) => void, event: RunEvent): void {
    try {
      onEvent(event);
    } catch (cause) {
      this.#unheard ??= { cause };
      this.#closing.abort();
    }
  }

  #giveUp(error: AgentError): void {
    this.#gaveUp ??= error;
    this.#closing.abort();
  }

  async execute(): Promise<RunOutcome> {
    const onAbort = (): void => {
      const cancelled = this.#answers.cancelForm();
      if (cancelled === null) this.#closing.abort();
      else void cancelled.then(() => this.#closing.abort());
    };
    this.#signal.addEventListener('abort', onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    try {
      const response = await this.#start();
      if (response instanceof AgentError) return this.#failed(response);
      const end = await this.#read(response);
      this.#watchdog.stop();
      return await this.#outcome(end);
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      this.#watchdog.stop();
      this.#answers.stop();
      this.#endGrace?.cancel();
      this.#closing.abort();
    }
  }

  /** Sends the prompt until the agent takes it. Nothing is stored by an agent that answers 400 or 409. */
  async #start(): Promise<IncomingMessage | AgentError> {
    const { generation, clock, limits } = this.#dependencies;
    const givenUpAt = clock.now() + limits.busyMs;
    let probedAgain = generation.overridden;
    try {
      for (;;) {
        const form = await this.#unlessClosed(generation.current());
        this.#reader.generation = form;
        const { text, images = [], model } = this.#request;
        const response = await this.#send(runBody(form, text, images, model));
        const status = response.statusCode ?? 0;
        if (status === 200) return response;
        const body = await readBody(response);
        if (status === 409 && clock.now() < givenUpAt) {
          await pause(clock, BUSY_PAUSE_MS, this.#closing.signal);
          continue;
        }
        if (status === 400 && !probedAgain) {
          probedAgain = true;
          generation.forget();
          if ((await this.#unlessClosed(generation.current())) !== form) continue;
        }
        return await this.#refused(status, body, response.headers['retry-after']);
      }
    } catch (error) {
      if (error instanceof AgentError) return error;
      throw error;
    }
  }

  /** If the run is stopped, it does not wait for work that other runs share or that has a time limit of its own. */
  #unlessClosed<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#closing;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new AgentError('cancelled', 'The run was given up.'));
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  #send(body: string): Promise<IncomingMessage> {
    const { transport, agentKey } = this.#dependencies;
    const { sessionId, agentName, identity } = this.#request;
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    for (const [name, value] of Object.entries(identity)) headers[name] = encodeURIComponent(value);
    const agent = agentName === undefined ? agentKey : `${agentKey}/${encodeURIComponent(agentName)}`;
    return transport.send({
      method: 'POST',
      path: `/api/sessions/${encodeURIComponent(sessionId)}/agent/${agent}`,
      body,
      headers,
      signal: this.#closing.signal,
    });
  }

  /** cagent has the same status for an unknown session and a broken soul.yaml: whether the session exists tells. */
  async #refused(status: number, body: string, retryAfter?: string): Promise<AgentError> {
    if (status === 404 || status === 500) {
      try {
        const session = await this.#unlessClosed(this.#dependencies.storedSession(this.#request.sessionId));
        if (session === null) return sessionNotFound(status);
      } catch (error) {
        this.#dependencies.logger.warn({ err: error, status }, 'could not ask whether the session exists');
      }
    }
    return httpError(status, body, retryAfter);
  }

  #read(response: IncomingMessage): Promise<StreamEnd> {
    const { clock, limits } = this.#dependencies;
    this.#watchdog.touch();
    return readStream(response, {
      clock,
      lineBytes: limits.lineBytes,
      knowsCall: (id) => this.#reader.tools.knows(id),
      onChunk: () => this.#watchdog.touch(),
      onEvent: (event, gapMs) => this.#onEvent(event, gapMs),
    });
  }

  #onEvent(event: AgentEvent, gapMs: number): void {
    if (this.#gaveUp) return; // the rest of the same chunk is not part of the answer any more
    const { stopped } = this.#reader;
    this.#reader.handle(event, gapMs);
    if (this.#answers.waiting) this.#settleAnswers(event);
    if (this.#reader.stopped !== stopped) this.#awaitEnd();
  }

  #settleAnswers(event: AgentEvent): void {
    switch (event.type) {
      case 'tool_call_response': {
        const { id } = (event.tool_call ?? {}) as { id?: string };
        this.#answers.ended(id ?? String(event.tool_call_id), this.#reader.tools.running);
        return;
      }
      case 'agent_choice':
      case 'message_added':
      case 'stream_stopped':
        this.#answers.moved(this.#reader.tools.running);
    }
  }

  /** After the run's own stop only the end of the body is left, and maybe a title. */
  #awaitEnd(): void {
    this.#endGrace?.cancel();
    this.#endGrace = null;
    if (!this.#reader.stopped) return;
    const { clock, limits } = this.#dependencies;
    this.#endGrace = clock.after(limits.endGraceMs, () => this.#closing.abort());
  }

  async #outcome(end: StreamEnd): Promise<RunOutcome> {
    if (this.#unheard) throw this.#unheard.cause;
    if (end.how === 'refused') throw end.cause;
    if (end.invalidLines > 0) {
      const { sessionId } = this.#request;
      this.#dependencies.logger.warn(
        { sessionId, lines: end.invalidLines },
        'skipped lines of the stream that are no events',
      );
    }
    const reader = this.#reader;
    if (this.#gaveUp) return this.#failed(this.#gaveUp);
    if (end.how === 'unreadable') {
      const why = end.cause instanceof Error ? end.cause.message : 'unknown cause';
      return this.#failed(
        new AgentError('stream_corrupt', `The answer could not be read: ${why}.`, { cause: end.cause }),
      );
    }
    if (reader.stopped) {
      const error =
        reader.error ?? stopError(reader.stopReason) ?? this.#unanswered() ?? this.#endedMidway(end);
      return error ? this.#failed(error) : await this.#completed();
    }
    return this.#failed(reader.error ?? this.#brokenOff(end));
  }

  /** A newer agent says itself that a run ended well. */
  #unanswered(): AgentError | null {
    const { unanswered, stopReason, tools } = this.#reader;
    if (!unanswered || stopReason !== '' || tools.running) return null;
    return new AgentError(
      'provider_unavailable',
      'The connection to the model ended before its answer did. Try again in a moment.',
    );
  }

  /**
   * Whether the stream ended in the middle of an answer, although it ended without an error: an agent that is being stopped does
   * that. If it gives a reason for the stop, then a model that said nothing after a tool may just have had nothing to add.
   */
  #endedMidway(end: StreamEnd): AgentError | null {
    const { answer, tools, midway, maxIterationsReached, stopReason } = this.#reader;
    const unfinished = midway && stopReason === '' && !maxIterationsReached;
    return answer.inMessage || tools.running || unfinished ? this.#brokenOff(end) : null;
  }

  #brokenOff(end: StreamEnd): AgentError {
    if (this.#reader.events === 0 && end.bytes > 0) {
      return new AgentError('stream_corrupt', 'What answered is no agent: its answer holds no event.');
    }
    return new AgentError('agent_died', 'The agent ended in the middle of the answer.', { cause: end.cause });
  }

  async #completed(): Promise<RunOutcome> {
    const { answer, maxIterationsReached, stopReason } = this.#reader;
    this.#reader.finish();
    let text = answer.streamed;
    if (answer.retrySuspected || maxIterationsReached) text = (await this.#storedText()) ?? answer.folded();
    const cut = stopReason === 'length' ? { cut: true as const } : {};
    return { kind: 'completed', text, replaced: text !== answer.streamed, empty: text === '', ...cut };
  }

  async #storedText(): Promise<string | null> {
    const { storedSession, logger } = this.#dependencies;
    const { sessionId } = this.#request;
    const { speakers, prompts } = this.#reader;
    try {
      const session = await storedSession(sessionId);
      return session === null ? null : storedAnswer(session, speakers, Math.max(0, prompts - 1));
    } catch (error) {
      logger.warn({ sessionId, err: error }, 'could not compare the answer with what the agent stored');
      return null;
    }
  }

  #failed(cause: AgentError): RunOutcome {
    const { tools, answer } = this.#reader;
    const rest = { openToolCall: tools.open, partial: answer.folded(), toolsStarted: tools.acted };
    if (this.#gaveUp) return { kind: 'failed', error: this.#gaveUp, ...rest };
    return this.#signal.aborted ? { kind: 'stopped', ...rest } : { kind: 'failed', error: cause, ...rest };
  }
}

/** The agent runs what nobody has allowed, or something else than what was. Cut at once; what it did is not known. */
function ungranted(tool: string): AgentError {
  const what = `The agent ran ${tool} otherwise than it was allowed to, so the answer was cut off.`;
  return new AgentError('not_granted', `${what} Look at what it did before you ask again.`);
}

/** Newer agents say why a run stopped; an error event comes first where there is one. */
function stopError(reason: string): AgentError | null {
  switch (reason) {
    case 'error':
      return new AgentError('agent_failed', 'The agent stopped with an error that it did not name.');
    case 'canceled': // the agent is being stopped; if we cancel, we close the connection and get no such event
      return new AgentError('agent_died', 'The agent was stopped in the middle of the answer.');
    case 'loop_detected':
      return new AgentError('loop_detected', 'The agent stopped because it repeated the same tool call.');
    case 'budget_exceeded':
      return new AgentError('budget_exceeded', 'The agent stopped because its budget is used up.');
    default:
      return null;
  }
}

function failedEarly(error: AgentError): RunOutcome {
  return { kind: 'failed', error, openToolCall: false, partial: '', toolsStarted: [] };
}
