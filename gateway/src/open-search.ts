/**
 * Searching what was said, put together: the index of the history and, where there is an embeddings server or a local model,
 * vectors for it and the memory.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { GatewayConfig } from './config/config.ts';
import { Embedder } from './embeddings/embedder.ts';
import { EmbeddingsServer } from './embeddings/embeddings-server.ts';
import { HistorySearch, historyVectors } from './embeddings/history-search.ts';
import { LocalModel } from './embeddings/local-model.ts';
import { MemoryQuestions, memoryVectors } from './embeddings/memory-vectors.ts';
import { VectorFeeder, type VectorState } from './embeddings/vector-feeder.ts';
import type { PartClient } from './parts/part-client.ts';
import { HistoryIndexer } from './store/history-indexer.ts';
import type { Store } from './store/store.ts';

export interface OpenSearchOptions {
  config: Pick<GatewayConfig, 'embeddings'>;
  store: Store;
  /** The memory server, where there is one. */
  memory: PartClient | null;
  clock: Clock;
  logger: Logger;
}

export interface Search {
  readonly history: HistorySearch;
  /** How far the vectors are; null where there is no model. */
  vectors(): VectorState | null;
  start(): void;
  stop(): Promise<void>;
}

export function openSearch({ config, store, memory, clock, logger }: OpenSearchOptions): Search {
  const source = config.embeddings
    ? new EmbeddingsServer(config.embeddings)
    : memory && new LocalModel(memory);
  const embedder = source && new Embedder(source, clock);
  const history = new HistorySearch(store.history, embedder);
  const feeder =
    embedder &&
    new VectorFeeder({
      embedder,
      homes: [historyVectors(store.history), ...(memory ? [memoryVectors(memory)] : [])],
      clock,
      logger,
    });
  // A local model is asked by memory itself.
  const memoryQuestions =
    config.embeddings && embedder && memory && new MemoryQuestions(memory, embedder, clock);
  const indexer = new HistoryIndexer(store.history, clock, logger);
  return {
    history,
    vectors: () => feeder?.state() ?? null,
    start() {
      indexer.start();
      feeder?.start();
      memoryQuestions?.start();
    },
    async stop() {
      await indexer.stop();
      await feeder?.stop();
      await memoryQuestions?.stop();
    },
  };
}
