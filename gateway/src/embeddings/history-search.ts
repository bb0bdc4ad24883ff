/** Search over the history by words and, where there is an embedder that answers in time, by meaning. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VectorsBody } from '@mobyclaw/protocol/vectors';
import type { HistoryAnswer, HistoryIndex, HistoryRequest } from '../store/history-index.ts';
import type { Embedder } from './embedder.ts';
import type { VectorHome } from './vector-feeder.ts';

export interface HistoryFound extends HistoryAnswer {
  /** There is a model, and it did not answer in time. */
  byWordsAlone: boolean;
}

export class HistorySearch {
  readonly #index: HistoryIndex;
  readonly #embedder: Embedder | null;

  constructor(index: HistoryIndex, embedder: Embedder | null) {
    this.#index = index;
    this.#embedder = embedder;
  }

  async search(request: HistoryRequest): Promise<HistoryFound> {
    // What was said a moment ago is asked for most, and may be in no memory yet.
    while (this.#index.addLatest()) await nextTurn();
    const model = this.#embedder?.model ?? null;
    if (this.#embedder === null || model === null) {
      return { ...this.#index.search(request), byWordsAlone: false };
    }
    const vectors = await this.#embedder.questions(request.phrasings);
    const meaning = vectors === null ? {} : { meaning: { model, vectors } };
    return { ...this.#index.search({ ...request, ...meaning }), byWordsAlone: vectors === null };
  }
}

export function historyVectors(index: HistoryIndex): VectorHome {
  return {
    name: 'history',
    exchange: async ({ model, made, most }: VectorsBody) => index.vectors(model, made, most),
  };
}
