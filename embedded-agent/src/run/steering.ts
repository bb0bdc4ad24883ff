/**
 * Messages that come while a run goes on and are put into it, as in cagent since 1.44: before the next call of the model, and
 * before the run would end. What was taken is in the conversation and echoed; once the run asks for no more, nothing is taken.
 */
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import type { MessageWriter } from './message-writer.ts';
import type { RunRequest } from './run-request.ts';

const MOST_WAITING = 5; // as in cagent

type Message = RunRequest['messages'][number];

export class Steering {
  #waiting: Message[] = [];
  #closed = false;

  /** @returns `over` where the run takes nothing any more */
  add(messages: readonly Message[]): 'taken' | 'full' | 'over' {
    if (this.#closed) return 'over';
    if (this.#waiting.length + messages.length > MOST_WAITING) return 'full';
    this.#waiting.push(...messages);
    return 'taken';
  }

  /** What came since, for the model; none and from now on none where the run would end. */
  take(ends: boolean): Message[] {
    const taken = this.#waiting.splice(0);
    if (ends && taken.length === 0) this.#closed = true;
    return taken;
  }

  /** The run is over; what still waits was heard by nobody. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }
}

/** Stores a message of the user's. @returns its echo */
export function hear(writer: MessageWriter, { content, multi_content }: Message): CagentEvent {
  const session_position = writer.user(content, multi_content);
  const parts = multi_content?.length ? { multi_content } : {};
  return { type: 'user_message', message: content, ...parts, session_position };
}
