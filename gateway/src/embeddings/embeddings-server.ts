/**
 * Vectors by any server with OpenAI's `POST /embeddings`
 * (https://platform.openai.com/docs/api-reference/embeddings/create).
 */
import { nodeFetch } from '@mobyclaw/lib/node-fetch';
import { vectorSchema } from '@mobyclaw/protocol/vectors';
import * as z from 'zod';
import { EmbeddingError, type EmbeddingKind, type VectorSource } from './vector-source.ts';

const TIMEOUT_MS = 60_000; // a batch on a slow machine of one's own
/** Models of this family are trained with these words in front (https://huggingface.co/intfloat/e5-small-v2). */
const E5 = /(?:^|[/_-])e5-(?!mistral)/i;

export interface EmbeddingsSettings {
  /** Base address of the API; `/embeddings` is added. */
  url: string;
  model: string;
  key: string | undefined;
}

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: vectorSchema })),
});

export class EmbeddingsServer implements VectorSource {
  readonly where = 'server';
  readonly #settings: EmbeddingsSettings;

  constructor(settings: EmbeddingsSettings) {
    this.#settings = settings;
  }

  get model(): string {
    return this.#settings.model;
  }

  async look(): Promise<void> {
    // The settings name it.
  }

  async embed(texts: readonly string[], kind: EmbeddingKind, signal: AbortSignal): Promise<number[][]> {
    const { url, model, key } = this.#settings;
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const input = E5.test(model) ? texts.map((text) => `${kind}: ${text}`) : texts;
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
