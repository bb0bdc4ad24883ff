/** Texts as vectors. A question is asked of the source once, and nobody waits long for it. */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { VectorSource } from './vector-source.ts';

export const QUESTION_WAITS_MS = 250; // somebody waits; words alone answer then
const QUESTIONS_KEPT = 200;

export class Embedder {
  readonly #source: VectorSource;
  readonly #clock: Clock;
  #questions = new BoundedMap<string, Float32Array>(QUESTIONS_KEPT);
  /** Whose vectors these are. */
  #questionsOf: string | null = null;

  constructor(source: VectorSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  get where(): VectorSource['where'] {
    return this.#source.where;
  }

  /** Null: there is none at the moment. */
  get model(): string | null {
    return this.#source.model;
  }

  /** Looks which model there is. */
  look(): Promise<void> {
    return this.#source.look();
  }

  /** What is to be found later, in their order. @throws EmbeddingError; the reason of the signal */
  passages(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    return this.#source.embed(texts, 'passage', signal);
  }

  /** What is asked, by its words. @returns null where it is not had in time: words alone answer then */
  async questions(texts: readonly string[]): Promise<ReadonlyMap<string, Float32Array> | null> {
    if (this.#questionsOf !== this.model) this.#questions = new BoundedMap(QUESTIONS_KEPT);
    this.#questionsOf = this.model;
    const known = this.#questions;
    const missing = texts.filter((text) => known.get(text) === undefined);
    if (missing.length > 0) {
      const ending = new AbortController();
      const made = this.#source.embed(missing, 'query', ending.signal).catch(() => null);
      const late = pause(this.#clock, QUESTION_WAITS_MS, ending.signal).then(() => null);
      const vectors = await Promise.race([made, late]);
      ending.abort();
      if (vectors === null) return null;
      for (const [at, text] of missing.entries()) known.set(text, Float32Array.from(vectors[at] ?? []));
    }
    return new Map(texts.map((text) => [text, known.get(text) ?? new Float32Array()]));
  }
}
