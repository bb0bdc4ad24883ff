/** Vectors by the model that is installed in the data directory. Memory runs it, since memory has no way out. */
import {
  type EmbeddingsBody,
  embeddingsAnswerSchema,
  localModelSchema,
} from '@mobyclaw/protocol/local-model';
import { problemSchema } from '@mobyclaw/protocol/problem';
import type { PartClient } from '../parts/part-client.ts';
import { EmbeddingError, type EmbeddingKind, type VectorSource } from './vector-source.ts';

const TIMEOUT_MS = 120_000; // a batch of long texts on a slow machine

export class LocalModel implements VectorSource {
  readonly where = 'local';
  readonly #memory: PartClient;
  #model: string | null = null;

  constructor(memory: PartClient) {
    this.#memory = memory;
  }

  get model(): string | null {
    return this.#model;
  }

  /** Where memory does not answer it is what it was. */
  async look(): Promise<void> {
    const answer = await this.#memory.request('GET', '/embeddings');
    const read = localModelSchema.safeParse(answer?.body);
    if (answer?.status === 200 && read.success) this.#model = read.data.model;
  }

  async embed(texts: readonly string[], kind: EmbeddingKind, signal: AbortSignal): Promise<number[][]> {
    const body: EmbeddingsBody = { kind, texts: [...texts] };
    const options = { body, timeoutMs: TIMEOUT_MS, signal };
    const answer = await this.#memory.request('POST', '/embeddings', options);
    signal.throwIfAborted();
    if (answer === null) throw new EmbeddingError('memory does not answer');
    if (answer.status !== 200) {
      throw new EmbeddingError(
        problemSchema.safeParse(answer.body).data?.detail ?? `memory: HTTP ${answer.status}`,
      );
    }
    const { model, vectors } = embeddingsAnswerSchema.parse(answer.body);
    if (model !== this.#model) {
      this.#model = model;
      throw new EmbeddingError('another model was installed meanwhile');
    }
    return vectors;
  }
}
