/**
 * A turn that may be stopped from the keyboard. Stopping is the gateway's work: the turn ends there and its last event
 * comes through the stream as ever. A stop that comes before the gateway has named the turn is sent once it has.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { CliError } from './cli-error.ts';
import { streamTurn, type TurnStreamOptions } from './turn-stream.ts';

export class RunningTurn {
  readonly #options: TurnStreamOptions;
  #turn: string | undefined;
  #cancelled = false;
  #cancelling: Promise<void> | undefined;

  constructor(options: TurnStreamOptions) {
    this.#options = options;
  }

  /** @throws what `streamTurn` throws, and what the gateway says where it refuses to stop the turn */
  async *events(): AsyncGenerator<NumberedEvent, void> {
    for await (const event of streamTurn(this.#options)) {
      if (event.type === 'queued' || event.type === 'started') this.#turn ??= event.data.turn;
      if (this.#cancelled) this.#sendCancel();
      yield event;
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
