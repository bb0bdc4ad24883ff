/** Whoever makes vectors of texts: a server, or the model that memory runs. */
export type EmbeddingKind = 'query' | 'passage';

export interface VectorSource {
  where: 'server' | 'local';
  /** Null: there is none at the moment. */
  readonly model: string | null;
  /** Looks which model there is. */
  look(): Promise<void>;
  /** One for each text, in their order. @throws EmbeddingError; the reason of the signal */
  embed(texts: readonly string[], kind: EmbeddingKind, signal: AbortSignal): Promise<number[][]>;
}

/** The message names no text and no key. */
export class EmbeddingError extends Error {
  override name = 'EmbeddingError';
}
