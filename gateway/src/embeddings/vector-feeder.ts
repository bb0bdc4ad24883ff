/**
 * Gives vectors to what has none: the history, and the memory server, which reaches nothing outside. In batches, in the
 * background, the newest first; while the embeddings server is away it is asked less and less often. What another model has
 * made is made anew, which is how a change of model comes about.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { VectorsBody } from '@mobyclaw/protocol/vectors';
import type { Embedder } from './embedder.ts';

const BATCH = 32; // texts of a request, some seconds on a slow machine
const LOOK_MS = 10_000; // for what came since
const RETRY = { firstMs: 5000, maxMs: 600_000 };

/** Keeps pieces and their vectors. */
export interface VectorHome {
  name: string;
  /** Keeps what was made, then names more. @returns null where it does not answer */
  exchange(body: VectorsBody): Promise<{ id: number; check: number; text: string }[] | null>;
}

export interface VectorFeederOptions {
  embedder: Embedder;
  homes: readonly VectorHome[];
  clock: Clock;
  logger: Logger;
}

export class VectorFeeder {
  readonly #options: VectorFeederOptions;
  readonly #stop = new AbortController();
  #done: Promise<unknown> = Promise.resolve();

  constructor(options: VectorFeederOptions) {
    this.#options = options;
  }

  start(): void {
    this.#done = Promise.all(this.#options.homes.map((home) => this.#feed(home)));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #feed(home: VectorHome): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#fill(home);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        if (failures === 1) {
          const why = (error as Error).message;
          logger.warn({ home: home.name, reason: why }, 'vectors cannot be made; words alone are searched');
        }
      }
      await pause(clock, failures === 0 ? LOOK_MS : backoffMs(failures, RETRY), signal);
    }
  }

  /** Until nothing is missing. */
  async #fill({ exchange }: VectorHome): Promise<void> {
    const { embedder } = this.#options;
    const { model } = embedder;
    const { signal } = this.#stop;
    let wanted = await exchange({ model, made: [], most: BATCH });
    while (wanted !== null && wanted.length > 0 && !signal.aborted) {
      const vectors = await embedder.passages(
        wanted.map(({ text }) => text.trim() || '-'), // an empty text is refused by most servers
        signal,
      );
      const made = wanted.map(({ id, check }, at) => ({ id, check, vector: vectors[at] ?? [] }));
      wanted = await exchange({ model, made, most: BATCH });
    }
  }
}
