/**
 * The messages of a chat, in the order in which they were typed. Each is sent as soon as the one before it has been
 * accepted, so that the gateway has it on disk and its queue mode applies; its events wait here until it is shown.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { RunningTurn } from '../running-turn.ts';

export class QueuedTurn {
  readonly turn: RunningTurn;
  readonly #events: NumberedEvent[] = [];
  readonly #accepted = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #ended = false;
  #failure: unknown;

  /** @param after resolves when the turn before this one has been accepted */
  constructor(turn: RunningTurn, after: Promise<void>) {
    this.turn = turn;
    void this.#collect(after);
  }

  /** Resolves when the gateway has it, or has refused it. */
  get accepted(): Promise<void> {
    return this.#accepted.promise;
  }

  async #collect(after: Promise<void>): Promise<void> {
    await after;
    try {
      for await (const event of this.turn.events()) {
        this.#accepted.resolve();
        this.#events.push(event);
        this.#signal();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#ended = true;
    this.#accepted.resolve();
    this.#signal();
  }

  #signal(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers();
    resolve();
  }

  /** @throws what ended the stream, where the turn itself did not */
  async *events(): AsyncGenerator<NumberedEvent, void> {
    for (;;) {
      const wake = this.#wake.promise;
      yield* this.#events.splice(0);
      if (this.#events.length > 0) continue;
      if (!this.#ended) {
        await wake;
        continue;
      }
      if (this.#failure !== undefined) throw this.#failure;
      return;
    }
  }
}
