/**
 * Vectors by the model that is installed in the data directory, without any network. The process that holds it is started when
 * somebody asks and ended when nobody has for a while, so that memory at rest weighs what it weighs without a model. Questions go
 * before passages; between two passages as much time is left as one takes, so that half of a processor stays free for searches.
 */
import { join } from 'node:path';
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import { type LocalModelView, MODELS_FOLDER, RUNTIME_FOLDER } from '@mobyclaw/protocol/local-model';
import type { QuestionVectors } from '../search/question-desk.ts';
import { EmbedderError, EmbedderProcess } from './embedder-process.ts';
import { type InstalledModel, installedModel } from './installed-model.ts';

export const IDLE_MS = 120_000; // a conversation goes on within it
export const QUESTION_WAITS_MS = 400; // as with a server; a start takes about as long, and it was begun with the turn
const RETRY = { firstMs: 1000, maxMs: 300_000 };

export type EmbeddingKind = 'query' | 'passage';

interface Job {
  kind: EmbeddingKind;
  text: string;
  signal: AbortSignal | undefined;
  resolve(vector: Float32Array): void;
  reject(error: unknown): void;
}

interface Running {
  /** Which installation it runs. */
  stamp: string;
  process: EmbedderProcess;
}

export class LocalEmbedder {
  readonly #home: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #jobs: Job[] = [];
  readonly #closing = new AbortController();
  #running: Running | null = null;
  #working: Promise<void> | null = null;
  #passagesFrom = 0;
  #waking: AbortController | null = null;
  #idle: Timer | null = null;
  #failures = 0;
  #failed: { stamp: string; until: number; error: EmbedderError } | null = null;

  constructor(home: string, clock: Clock, logger: Logger) {
    this.#home = home;
    this.#clock = clock;
    this.#logger = logger;
  }

  view(): LocalModelView {
    const installed = installedModel(this.#home);
    const failed =
      installed && this.#failed?.stamp === stampOf(installed) ? this.#failed.error.message : null;
    return { model: installed?.manifest.name ?? null, problem: failed };
  }

  /** Of the process that holds the model; undefined while there is none. */
  get pid(): number | undefined {
    return this.#running?.process.pid;
  }

  /** Somebody may ask soon. */
  warm(): void {
    if (installedModel(this.#home) === null || this.#closing.signal.aborted) return;
    this.embed('query', ['.']).catch(() => undefined); // whoever asks in earnest is told
  }

  /** @returns null where there is no model, or its answer is not there in time */
  async ask(texts: readonly string[]): Promise<QuestionVectors | null> {
    const ending = new AbortController();
    const made = this.embed('query', texts, ending.signal).catch(() => null);
    const vectors = await withTimeout(this.#clock, QUESTION_WAITS_MS, made, () => null);
    ending.abort();
    if (vectors === null) return null;
    return {
      model: vectors.model,
      vectors: new Map(texts.map((text, at) => [text, vectors.vectors[at] ?? new Float32Array()])),
    };
  }

  /** @throws EmbedderError; the reason of the signal */
  async embed(
    kind: EmbeddingKind,
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ model: string; vectors: Float32Array[] }> {
    const installed = installedModel(this.#home);
    if (installed === null) throw new EmbedderError('no local model is installed');
    const vectors = await Promise.all(texts.map((text) => this.#add({ kind, text, signal })));
    return { model: installed.manifest.name, vectors };
  }

  async close(): Promise<void> {
    this.#closing.abort(new EmbedderError('the memory server is stopping'));
    this.#waking?.abort();
    this.#idle?.cancel();
    const stopped = this.#running?.process.stop();
    await this.#working;
    await stopped;
  }

  #add(job: Pick<Job, 'kind' | 'text' | 'signal'>): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ ...job, resolve, reject });
      this.#idle?.cancel();
      if (job.kind === 'query') this.#waking?.abort();
      this.#working ??= this.#work().finally(() => {
        this.#working = null;
      });
    });
  }

  async #work(): Promise<void> {
    for (let job = await this.#next(); job !== undefined; job = await this.#next()) {
      const began = this.#clock.now();
      try {
        this.#closing.signal.throwIfAborted();
        const { manifest, process } = await this.#opened();
        job.resolve(await process.embed(manifest[job.kind] + job.text));
        this.#failures = 0;
        this.#failed = null;
      } catch (error) {
        this.#noteFailure(error);
        job.reject(error);
      }
      const ended = this.#clock.now();
      if (job.kind === 'passage') this.#passagesFrom = ended + (ended - began);
    }
    if (!this.#closing.signal.aborted) this.#idle = this.#clock.after(IDLE_MS, () => void this.#rest());
  }

  /** Questions first; a passage when it is time. */
  async #next(): Promise<Job | undefined> {
    for (;;) {
      for (const job of this.#jobs.filter(({ signal }) => signal?.aborted)) {
        this.#jobs.splice(this.#jobs.indexOf(job), 1);
        job.reject(job.signal?.reason);
      }
      const question = this.#jobs.findIndex(({ kind }) => kind === 'query');
      if (question !== -1) return this.#jobs.splice(question, 1)[0];
      const wait = this.#passagesFrom - this.#clock.now();
      if (this.#jobs.length === 0 || wait <= 0 || this.#closing.signal.aborted) return this.#jobs.shift();
      this.#waking = new AbortController();
      await pause(this.#clock, wait, this.#waking.signal);
    }
  }

  /** The process of what is installed now. @throws EmbedderError */
  async #opened(): Promise<{ manifest: InstalledModel['manifest']; process: EmbedderProcess }> {
    const { program } = await import('./embedder-program.ts');
    const installed = installedModel(this.#home);
    if (installed === null) throw new EmbedderError('no local model is installed');
    const { manifest, folder } = installed;
    const stamp = stampOf(installed);
    if (this.#failed?.stamp === stamp && this.#clock.now() < this.#failed.until) throw this.#failed.error;
    if (this.#running?.stamp !== stamp || this.#running.process.broken !== null) {
      void this.#running?.process.stop(); // of a model that was replaced since
      const runtime = join(this.#home, MODELS_FOLDER, RUNTIME_FOLDER);
      this.#running = { stamp, process: new EmbedderProcess(program, folder, runtime, this.#clock) };
    }
    return { manifest, process: this.#running.process };
  }

  #noteFailure(error: unknown): void {
    const broken = this.#running?.process.broken;
    if (!(error instanceof EmbedderError) || broken !== error || this.#closing.signal.aborted) return;
    const stamp = this.#running?.stamp ?? '';
    const until = this.#clock.now() + backoffMs(++this.#failures, RETRY);
    this.#failed = { stamp, until, error };
    if (this.#failures === 1) this.#logger.warn({ reason: error.message }, 'the local model does not work');
  }

  async #rest(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.process.stop();
  }
}

function stampOf({ manifest }: InstalledModel): string {
  return `${manifest.name} ${manifest.installedAt}`;
}
