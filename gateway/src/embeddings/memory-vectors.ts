/** The memory server's side of the embedder: its pieces get vectors, and the questions that its tool is asked. */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { type QuestionBody, questionAnswerSchema, vectorsAnswerSchema } from '@mobyclaw/protocol/vectors';
import { quantized } from '@mobyclaw/recall/vector';
import type { PartClient } from '../parts/part-client.ts';
import type { Embedder } from './embedder.ts';
import type { VectorHome } from './vector-feeder.ts';

const WAIT_S = 25; // below the patience of anything between us and the memory server
const RETRY = { firstMs: 500, maxMs: 30_000 };

export function memoryVectors(memory: PartClient): VectorHome {
  return {
    name: 'memory',
    async exchange({ made, ...rest }) {
      // As they are kept anyway, which takes a fifth of the room.
      const small = made.map((one) => ({ ...one, vector: [...quantized(one.vector)] }));
      const answer = await memory.request('POST', '/vectors', { body: { ...rest, made: small } });
      const read = vectorsAnswerSchema.safeParse(answer?.body);
      return answer?.status === 200 && read.success ? read.data : null;
    },
  };
}

/** Asks memory over and over which question waits for a vector. */
export class MemoryQuestions {
  readonly #memory: PartClient;
  readonly #embedder: Embedder;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(memory: PartClient, embedder: Embedder, clock: Clock) {
    this.#memory = memory;
    this.#embedder = embedder;
    this.#clock = clock;
  }

  start(): void {
    this.#done = this.#answer();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #answer(): Promise<void> {
    const { signal } = this.#stop;
    let answered: QuestionBody['answered'] = null;
    let failures = 0;
    while (!signal.aborted) {
      const body: QuestionBody = { model: this.#embedder.model ?? '', answered, timeout: WAIT_S };
      const timeoutMs = (WAIT_S + 10) * 1000;
      const answer = await this.#memory.request('POST', '/vectors/question', { body, timeoutMs, signal });
      const read = questionAnswerSchema.safeParse(answer?.body);
      answered = null;
      if (answer?.status !== 200 || !read.success) {
        await pause(this.#clock, backoffMs(++failures, RETRY), signal);
        continue;
      }
      failures = 0;
      const { question } = read.data;
      if (question === null) continue;
      const vectors = await this.#embedder.questions(question.texts);
      answered = {
        id: question.id,
        vectors: vectors && question.texts.map((text) => [...(vectors.get(text) ?? [])]),
      };
    }
  }
}
