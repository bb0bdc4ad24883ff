/**
 * Answers what the agent would otherwise wait for without end. Nobody is there to be asked, so the answer is always no:
 * a tool that needs a confirmation is rejected (the owner allows tools in soul.yaml), a run at its iteration limit ends,
 * a form is declined.
 *
 * An answer can get lost although the agent said 200 (reference §6.2), so it is sent again until the agent moves, and
 * never after: the next question would take it for its own.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Blocked } from './run-reader.ts';
import type { Transport } from './transport.ts';

const FIRST_REPEAT_MS = 1_000;
const MAX_REPEAT_MS = 15_000;

export interface UnattendedOptions {
  transport: Transport;
  sessionId: string;
  clock: Clock;
  logger: Logger;
  timeoutMs: number;
}

export class Unattended {
  readonly #options: UnattendedOptions;
  readonly #open = new Map<string, AbortController>();

  constructor(options: UnattendedOptions) {
    this.#options = options;
  }

  /** Starts to answer, in the background. */
  answer(blocked: Blocked): void {
    const key = blocked.kind === 'confirmation' ? callKey(blocked.callId) : blocked.kind;
    this.settle(key);
    const controller = new AbortController();
    this.#open.set(key, controller);
    void this.#insist(answerTo(blocked), controller.signal);
  }

  /** The tool call has moved on. */
  callMoved(callId: string): void {
    this.settle(callKey(callId));
  }

  /** Something came that the agent could not have sent while it waited for a limit or a form to be answered. */
  moved(): void {
    this.settle('max-iterations');
    this.settle('elicitation');
  }

  settle(key: string): void {
    this.#open.get(key)?.abort();
    this.#open.delete(key);
  }

  stop(): void {
    for (const key of [...this.#open.keys()]) this.settle(key);
  }

  get waiting(): boolean {
    return this.#open.size > 0;
  }

  async #insist({ route, body }: Answer, signal: AbortSignal): Promise<void> {
    const { transport, sessionId, clock, logger, timeoutMs } = this.#options;
    for (let repeatMs = FIRST_REPEAT_MS; !signal.aborted; repeatMs = Math.min(2 * repeatMs, MAX_REPEAT_MS)) {
      try {
        // Not bound to the signal: an answer that is under way is let through, so that its connection stays usable.
        const { status } = await transport.exchange(
          { method: 'POST', path: `/api/sessions/${sessionId}/${route}`, body },
          timeoutMs,
        );
        if (status !== 200 && !signal.aborted)
          logger.warn({ sessionId, route, status }, 'the agent took no answer');
      } catch (error) {
        if (!signal.aborted) logger.warn({ sessionId, route, err: error }, 'answer to the agent failed');
      }
      await pause(clock, repeatMs, signal);
    }
  }
}

interface Answer {
  route: 'resume' | 'elicitation';
  body: string;
}

function callKey(callId: string): string {
  return `call ${callId}`;
}

function answerTo(blocked: Blocked): Answer {
  if (blocked.kind === 'elicitation') {
    const { elicitationId, oauth } = blocked;
    return {
      route: 'elicitation',
      body: JSON.stringify({
        action: oauth ? 'cancel' : 'decline',
        ...(elicitationId === undefined ? {} : { elicitation_id: elicitationId }),
      }),
    };
  }
  const reason =
    blocked.kind === 'confirmation'
      ? `Nobody can be asked to confirm ${blocked.tool} yet, so it is refused. The owner can allow it in soul.yaml; go on without it and say so.`
      : 'The iteration limit is reached and nobody is present to extend it.';
  return { route: 'resume', body: JSON.stringify({ confirmation: 'reject', reason }) };
}
