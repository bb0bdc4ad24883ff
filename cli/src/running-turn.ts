/**
 * A turn that may be stopped from the keyboard. Stopping is the gateway's work: the turn ends there and its last event
 * comes through the stream as ever. A stop that comes before the gateway has named the turn is sent once it has.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { CliError } from './cli-error.ts';
import { streamTurn, type TurnStreamOptions, UnconfirmedError } from './turn-stream.ts';
import type { UnconfirmedMessages } from './unconfirmed-messages.ts';

export interface RunningTurnOptions extends Omit<TurnStreamOptions, 'idempotencyKey'> {
  /** What asking again is recognized by. */
  unconfirmed: UnconfirmedMessages;
}

export class RunningTurn {
  readonly #options: RunningTurnOptions;
  #turn: string | undefined;
  #cancelled = false;
  #cancelling: Promise<void> | undefined;

  constructor(options: RunningTurnOptions) {
    this.#options = options;
  }

  /** Undefined until the gateway has named it. */
  get id(): string | undefined {
    return this.#turn;
  }

  /** @throws what `streamTurn` throws, and what the gateway says where it refuses to stop the turn */
  async *events(): AsyncGenerator<NumberedEvent, void> {
    const { request, unconfirmed } = this.#options;
    const idempotencyKey = unconfirmed.keyFor(request);
    try {
      for await (const event of streamTurn({ ...this.#options, idempotencyKey })) {
        if (event.type === 'queued' || event.type === 'started') {
          if (this.#turn === undefined) await unconfirmed.confirmed(request);
          this.#turn ??= event.data.turn;
        }
        if (this.#cancelled) this.#sendCancel();
        yield event;
      }
    } catch (error) {
      if (error instanceof UnconfirmedError) await unconfirmed.keep(request, idempotencyKey);
      throw error;
    }
    await this.#cancelling;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#sendCancel();
  }

  #sendCancel(): void {
    if (this.#turn === undefined || this.#cancelling) return;
    const path = `/api/turns/${encodeURIComponent(this.#turn)}/cancel`;
    this.#cancelling = this.#options.client.send(path, { method: 'POST' }).catch((error: unknown) => {
      // Whether or not it got through, the stream tells how the turn ended; a break there is handled there.
      if (!(error instanceof CliError)) throw error;
      this.#cancelling = undefined;
    });
  }
}
