/**
 * Keeps the index of the history near the messages, in slices of some milliseconds with the event loop free in between: after
 * an upgrade, or where the index was deleted, that is a minute's work for years of messages, and no answer waits for it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { HistoryIndex } from './history-index.ts';

const LOOK_MS = 5000;
const AT_ONCE = 40; // messages, some 4 ms

export class HistoryIndexer {
  readonly #history: Pick<HistoryIndex, 'catchUp'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | null = null;
  #working: Promise<void> | null = null;
  #stopped = false;
  /** Why the last look failed. */
  #fault: string | null = null;

  constructor(history: Pick<HistoryIndex, 'catchUp'>, clock: Clock, logger: Logger) {
    this.#history = history;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = every(this.#clock, LOOK_MS, () => void this.catchUp());
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#working;
  }

  /** Resolves when all messages are in the index, or `stop` was called. Never rejects. */
  catchUp(): Promise<void> {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
    return this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (!this.#stopped && this.#history.catchUp(AT_ONCE)) await nextTurn();
      this.#fault = null;
    } catch (error) {
      // A full disk, most likely. Searches answer from what is there; the next look tries again. Told once, without the
      // place in the program: every few seconds anew it would only fill the disk and the owner's log.
      const { message } = error as Error;
      if (message !== this.#fault)
        this.#logger.warn({ reason: message }, 'the index of the history could not be written');
      this.#fault = message;
    }
  }
}
