/**
 * Texts as vectors, by any server with OpenAI's `POST /embeddings`
 * (https://platform.openai.com/docs/api-reference/embeddings/create).
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { nodeFetch } from '@mobyclaw/lib/node-fetch';
import { vectorSchema } from '@mobyclaw/protocol/vectors';
import * as z from 'zod';

const TIMEOUT_MS = 60_000; // a batch on a slow machine of one's own
export const QUESTION_WAITS_MS = 250; // somebody waits; words alone answer then
const QUESTIONS_KEPT = 200;
/** Models of this family are trained with these words in front (https://huggingface.co/intfloat/e5-small-v2). */
const E5 = /(?:^|[/_-])e5-(?!mistral)/i;

export interface EmbeddingsSettings {
  /** Base address of the API; `/embeddings` is added. */
  url: string;
  model: string;
  key: string | undefined;
}

/** The message names no text and no key. */
export class EmbeddingError extends Error {
  override name = 'EmbeddingError';
}

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: vectorSchema })),
});

export class Embedder {
  readonly #settings: EmbeddingsSettings;
  readonly #clock: Clock;
  readonly #questions = new BoundedMap<string, Float32Array>(QUESTIONS_KEPT);

  constructor(settings: EmbeddingsSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get model(): string {
    return this.#settings.model;
  }

  /** What is to be found later, in their order. @throws EmbeddingError; the reason of the signal */
  passages(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    return this.#embed(texts, 'passage: ', signal);
  }

  /** What is asked, by its words. @returns null where it is not had in time: words alone answer then */
  async questions(texts: readonly string[]): Promise<ReadonlyMap<string, Float32Array> | null> {
    const missing = texts.filter((text) => this.#questions.get(text) === undefined);
    if (missing.length > 0) {
      const ending = new AbortController();
      const made = this.#embed(missing, 'query: ', ending.signal).catch(() => null);
      const late = pause(this.#clock, QUESTION_WAITS_MS, ending.signal).then(() => null);
      const vectors = await Promise.race([made, late]);
      ending.abort();
      if (vectors === null) return null;
      for (const [at, text] of missing.entries())
        this.#questions.set(text, Float32Array.from(vectors[at] ?? []));
    }
    return new Map(texts.map((text) => [text, this.#questions.get(text) ?? new Float32Array()]));
  }

  async #embed(texts: readonly string[], prefix: string, signal: AbortSignal): Promise<number[][]> {
    const { url, model, key } = this.#settings;
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const input = E5.test(model) ? texts.map((text) => prefix + text) : texts;
    let answer: unknown;
    try {
      const response = await nodeFetch(`${url}/embeddings`, {
        method: 'POST',
        body: JSON.stringify({ model, input, encoding_format: 'float' }),
        headers: {
          'content-type': 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
        signal: AbortSignal.any([signal, limit]),
      });
      if (!response.ok) {
        throw new EmbeddingError(
          `the embeddings server refused it (HTTP ${response.status}); look at MOBYCLAW_EMBEDDINGS_URL, _MODEL and _KEY`,
        );
      }
      answer = await response.json();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof EmbeddingError) throw error;
      throw new EmbeddingError(
        limit.aborted ? 'the embeddings server took too long' : 'the embeddings server does not answer',
        { cause: error },
      );
    }
    return inOrder(answer, texts.length);
  }
}

function inOrder(answer: unknown, count: number): number[][] {
  const read = answerSchema.safeParse(answer);
  const vectors = read.success ? read.data.data.toSorted((a, b) => a.index - b.index) : [];
  const parts = vectors[0]?.embedding.length;
  if (
    vectors.length !== count ||
    vectors.some(
      ({ index, embedding }, at) => index !== at || embedding.length !== parts || isZero(embedding),
    )
  ) {
    throw new EmbeddingError('the embeddings server did not give one vector for each text');
  }
  return vectors.map(({ embedding }) => embedding);
}

function isZero(vector: readonly number[]): boolean {
  return vector.every((part) => part === 0);
}
