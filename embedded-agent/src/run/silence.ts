/**
 * Ends a model call in which nothing comes any more: a connection that died unnoticed would hold the session for ever. The
 * first piece may take longer, as a local model loads and reads for minutes before it says a word.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';

const FIRST_PIECE_MS = 900_000;
const BETWEEN_PIECES_MS = 300_000; // longer than any pause of a provider that lives

export class SilenceGuard {
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #timer: Timer;
  /** Aborted when the run is, or when nothing came for too long. */
  readonly signal: AbortSignal;

  constructor(clock: Clock, run: AbortSignal) {
    this.#clock = clock;
    this.#timer = this.#wait(FIRST_PIECE_MS);
    this.signal = AbortSignal.any([run, this.#over.signal]);
  }

  /** A piece of the answer came. */
  heard(): void {
    this.#timer.cancel();
    this.#timer = this.#wait(BETWEEN_PIECES_MS);
  }

  close(): void {
    this.#timer.cancel();
  }

  #wait(limitMs: number): Timer {
    return this.#clock.after(limitMs, () => {
      this.#over.abort(new Error('the model sent nothing for too long'));
    });
  }
}
