/**
 * Answers what the agent would otherwise wait for without end: asks whoever decides, and tells the agent what was decided.
 *
 * An answer can get lost although the agent said 200 (reference §6.2), so it is sent again until the agent moves, and
 * never after: the next question would take it for its own. `/resume` names no call in cagent; the embedded agent heeds
 * `tool_call_id` and drops an answer for a call that does not wait. What was granted is remembered, so that a call which
 * starts otherwise than it was granted is noticed.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { sameJson } from './json.ts';
import type { Blocked } from './run-reader.ts';
import type { Transport } from './transport.ts';
import { type Decide, type Decision, MOVED_ON, type Wanted } from './wanted.ts';

const FIRST_REPEAT_MS = 1_000;
const MAX_REPEAT_MS = 15_000;
const LAST_WORD_MS = 2_000; // a stop does not wait longer for an agent that is busy

export interface AnswerSenderOptions {
  transport: Transport;
  sessionId: string;
  /** Who decides. */
  decide: Decide;
  /** A call may run from now on. */
  onGranted: (callId: string) => void;
  clock: Clock;
  logger: Logger;
  timeoutMs: number;
}

interface Open {
  controller: AbortController;
  /** The decision is made and being told. */
  telling: boolean;
  blocked: Blocked;
}

type Call = { tool: string; args: unknown };

export class AnswerSender {
  readonly #options: AnswerSenderOptions;
  readonly #open = new Map<string, Open>();
  /** What each call that needed a confirmation wanted, and whether it may run. */
  readonly #confirmed = new Map<string, Call & { granted: boolean }>();

  constructor(options: AnswerSenderOptions) {
    this.#options = options;
  }

  /** Starts to ask and then to answer, in the background. */
  answer(blocked: Blocked): void {
    const key = keyOf(blocked);
    this.#close(key, MOVED_ON);
    const open: Open = { controller: new AbortController(), telling: false, blocked };
    this.#open.set(key, open);
    if (blocked.kind === 'tool') {
      const { callId, tool, args } = blocked;
      this.#confirmed.set(callId, { tool, args, granted: false });
    }
    void this.#settle(open);
  }

  /**
   * A tool starts. @returns false where it is not what was granted: nobody has allowed it yet, or it has become another
   */
  started(callId: string, { tool, args }: Call): boolean {
    const confirmed = this.#confirmed.get(callId);
    this.#close(callKey(callId), MOVED_ON);
    if (!confirmed) return true; // it needed no confirmation
    return confirmed.granted && confirmed.tool === tool && sameJson(confirmed.args, args);
  }

  /** A tool call has its result. @param toolRuns whether another one runs, which may have asked for the form that is open */
  ended(callId: string, toolRuns: boolean): void {
    this.#close(callKey(callId), MOVED_ON);
    this.moved(toolRuns);
  }

  /**
   * Something came that the agent could not have sent while it waited for a limit or a form to be answered.
   * @param perhaps a tool that runs beside may have sent it, so only what has been decided is taken for heard
   */
  moved(perhaps = false): void {
    for (const key of ['rounds', 'form']) {
      if (!perhaps || this.#open.get(key)?.telling) this.#close(key, MOVED_ON);
    }
  }

  stop(): void {
    for (const key of [...this.#open.keys()]) this.#close(key);
  }

  /** Something waits for an answer, or its answer is not known to have arrived. */
  get waiting(): boolean {
    return this.#open.size > 0;
  }

  /** Somebody is being asked, so silence means nothing. */
  get asking(): boolean {
    for (const { telling } of this.#open.values()) if (!telling) return true;
    return false;
  }

  /**
   * Cancels a form that is open, before the run is cut: its server would wait on, and take the next answer for its own
   * (reference §6.4).
   * @returns when the agent has heard of it or will not; null where no form is open
   */
  cancelForm(): Promise<void> | null {
    const open = this.#open.get('form');
    if (open?.blocked.kind !== 'form') return null;
    const { blocked } = open;
    this.#close('form');
    const body = formBody({ kind: 'form', action: 'cancel' }, blocked.elicitationId);
    return this.#send('elicitation', body, LAST_WORD_MS).then(
      () => {},
      (error: unknown) => {
        this.#options.logger.warn({ err: error }, 'a form could not be cancelled before its run was cut');
      },
    );
  }

  #close(key: string, reason?: unknown): void {
    this.#open.get(key)?.controller.abort(reason);
    this.#open.delete(key);
  }

  async #settle(open: Open): Promise<void> {
    const { blocked, controller } = open;
    const { signal } = controller;
    if (blocked.kind === 'login') {
      open.telling = true;
      await this.#insist(
        'elicitation',
        formBody({ kind: 'form', action: 'cancel' }, blocked.elicitationId),
        signal,
      );
      return;
    }
    const decision = await this.#decision(blocked, signal);
    if (decision === null || signal.aborted) return;
    open.telling = true;
    if (decision.kind === 'tool' && decision.approve && blocked.kind === 'tool') {
      const confirmed = this.#confirmed.get(blocked.callId);
      if (confirmed) confirmed.granted = true;
      this.#options.onGranted(blocked.callId);
    }
    const { route, body } = toAnswer(blocked, decision);
    await this.#insist(route, body, signal);
  }

  /** @returns null where nobody is to be told */
  async #decision(wanted: Wanted, signal: AbortSignal): Promise<Decision | null> {
    try {
      return await this.#options.decide(wanted, signal);
    } catch (error) {
      if (signal.aborted) return null;
      this.#options.logger.error(
        { err: error, kind: wanted.kind },
        'nobody could be asked, so it is refused',
      );
      return refused(
        wanted,
        'The owner could not be asked, because the gateway failed; go on without it and say so.',
      );
    }
  }

  async #insist(route: Route, body: string, signal: AbortSignal): Promise<void> {
    const { sessionId, clock, logger, timeoutMs } = this.#options;
    for (let repeatMs = FIRST_REPEAT_MS; !signal.aborted; repeatMs = Math.min(2 * repeatMs, MAX_REPEAT_MS)) {
      try {
        // Not bound to the signal: an answer that is under way is let through, so that its connection stays usable.
        const status = await this.#send(route, body, timeoutMs);
        if (status !== 200 && !signal.aborted)
          logger.warn({ sessionId, route, status }, 'the agent took no answer');
      } catch (error) {
        if (!signal.aborted) logger.warn({ sessionId, route, err: error }, 'answer to the agent failed');
      }
      await pause(clock, repeatMs, signal);
    }
  }

  async #send(route: Route, body: string, timeoutMs: number): Promise<number> {
    const { transport, sessionId } = this.#options;
    const path = `/api/sessions/${sessionId}/${route}`;
    return (await transport.exchange({ method: 'POST', path, body }, timeoutMs)).status;
  }
}

type Route = 'resume' | 'elicitation';

function callKey(callId: string): string {
  return `call ${callId}`;
}

function keyOf(blocked: Blocked): string {
  if (blocked.kind === 'tool') return callKey(blocked.callId);
  return blocked.kind === 'rounds' ? 'rounds' : 'form';
}

/** What counts where nobody can be asked. */
export function refused(wanted: Wanted, reason: string): Decision {
  switch (wanted.kind) {
    case 'tool':
      return { kind: 'tool', approve: false, reason };
    case 'form':
      return { kind: 'form', action: 'decline' };
    case 'rounds':
      return { kind: 'rounds', rounds: 'stop' };
  }
}

function toAnswer(wanted: Wanted, decision: Decision): { route: Route; body: string } {
  if (decision.kind === 'form') {
    const elicitationId = wanted.kind === 'form' ? wanted.elicitationId : undefined;
    return { route: 'elicitation', body: formBody(decision, elicitationId) };
  }
  if (decision.kind === 'rounds') {
    const approve = decision.rounds !== 'stop';
    const reason = 'The owner does not want more rounds.';
    return {
      route: 'resume',
      body: JSON.stringify(approve ? { confirmation: 'approve' } : { confirmation: 'reject', reason }),
    };
  }
  const call = wanted.kind === 'tool' ? { tool_call_id: wanted.callId } : {};
  const answer = decision.approve
    ? { confirmation: 'approve' }
    : { confirmation: 'reject', reason: decision.reason };
  return { route: 'resume', body: JSON.stringify({ ...answer, ...call }) };
}

function formBody(decision: Extract<Decision, { kind: 'form' }>, elicitationId: string | undefined): string {
  return JSON.stringify({
    action: decision.action,
    ...(decision.action === 'accept' ? { content: decision.content } : {}),
    ...(elicitationId === undefined ? {} : { elicitation_id: elicitationId }),
  });
}
