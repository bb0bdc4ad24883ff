/**
 * Gives vectors to what has none: the history, and the memory server, which reaches nothing outside. In batches, in the
 * background, the newest first; while the embeddings server is away it is asked less and less often. What another model has
 * made is made anew, which is how a change of model comes about.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { VectorsAnswer, VectorsBody } from '@mobyclaw/protocol/vectors';
import type { Embedder } from './embedder.ts';

const BATCH = 32; // texts of a request, some seconds on a slow machine
const LOOK_MS = 10_000; // for what came since
const RETRY = { firstMs: 5000, maxMs: 600_000 };

/** Keeps pieces and their vectors. */
export interface VectorHome {
  name: string;
  /** Keeps what was made, then names more. @returns null where it does not answer */
  exchange(body: VectorsBody): Promise<VectorsAnswer | null>;
}

type Pieces = Pick<VectorsAnswer, 'done' | 'of'>;

export interface VectorState {
  model: string;
  where: 'server' | 'local';
  /** How many pieces have a vector of it, of how many, as far as was heard. */
  done: number;
  of: number;
  /** Since when none could be made, in milliseconds since the epoch, and why. */
  failing: { since: number; reason: string } | null;
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
  readonly #pieces = new Map<string, Pieces>();
  #failing: { since: number; reason: string } | null = null;
  #done: Promise<unknown> = Promise.resolve();

  constructor(options: VectorFeederOptions) {
    this.#options = options;
  }

  /** Null where there is no model. */
  state(): VectorState | null {
    const { model, where } = this.#options.embedder;
    if (model === null) return null;
    const sum = (of: (pieces: Pieces) => number): number =>
      [...this.#pieces.values()].reduce((all, pieces) => all + of(pieces), 0);
    return { model, where, done: sum(({ done }) => done), of: sum(({ of }) => of), failing: this.#failing };
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
        await this.#options.embedder.look();
        if (await this.#fill(home)) this.#failing = null;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const reason = (error as Error).message;
        this.#failing = { since: this.#failing?.since ?? clock.now(), reason };
        if (failures === 1) {
          logger.warn({ home: home.name, reason }, 'vectors cannot be made; words alone are searched');
        }
      }
      await pause(clock, failures === 0 ? LOOK_MS : backoffMs(failures, RETRY), signal);
    }
  }

  /** Until nothing is missing. @returns whether any vector was made */
  async #fill(home: VectorHome): Promise<boolean> {
    const { embedder } = this.#options;
    const { model } = embedder;
    const { signal } = this.#stop;
    if (model === null) return false;
    let answer = await this.#exchange(home, { model, made: [], most: BATCH });
    let any = false;
    while (answer !== null && answer.wanted.length > 0 && !signal.aborted) {
      const { wanted } = answer;
      const vectors = await embedder.passages(
        wanted.map(({ text }) => text.trim() || '-'), // an empty text is refused by most servers
        signal,
      );
      const made = wanted.map(({ id, check }, at) => ({ id, check, vector: vectors[at] ?? [] }));
      answer = await this.#exchange(home, { model, made, most: BATCH });
      any = true;
    }
    return any;
  }

  async #exchange({ name, exchange }: VectorHome, body: VectorsBody): Promise<VectorsAnswer | null> {
    const answer = await exchange(body);
    if (answer !== null) this.#pieces.set(name, answer);
    return answer;
  }
}
