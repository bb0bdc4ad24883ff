/**
 * The process that runs a local model (embedder-program.ts): one text at a time, in the order they come, none longer than it may
 * take. Whoever owns this decides when it ends; it ends by itself only where it is broken.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import type { Report } from './embedder-program.ts';

const START_MS = 60_000; // 0.4 s on a machine at rest
const TEXT_MS = 30_000; // 10 ms for a usual one
const MOST_HEAP_MB = 96; // the model lies outside V8's heap

/** The message says what happened and what to do. */
export class EmbedderError extends Error {
  override name = 'EmbedderError';
}

interface Waiting {
  resolve(vector: Float32Array): void;
  reject(error: EmbedderError): void;
}

export class EmbedderProcess {
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #waiting: (Waiting & { id: number }) | null = null;
  #number = 0;
  #broken: EmbedderError | null = null;
  #limit: Timer | null;

  /** @param program its address; the folders of the model and of what runs it */
  constructor(program: string, folder: string, runtime: string, clock: Clock) {
    this.#clock = clock;
    this.#ready.promise.catch(() => undefined); // whoever waits is told
    this.#child = fork(program, [folder, runtime], {
      env: { ...MALLOC_SETTINGS }, // it needs nothing else, and some of ours is secret
      execArgv: [`--max-old-space-size=${MOST_HEAP_MB}`],
      serialization: 'advanced', // vectors as they are
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (report) => this.#told(report as Report));
    this.#child.once('error', ({ message }) => this.#end(`it cannot be started (${message})`));
    this.#child.once('exit', (code, signal) => {
      this.#end(`it ended by itself (${signal ?? `code ${code}`})`);
      this.#ended.resolve();
    });
    this.#limit = this.#clock.after(START_MS, () => this.#end('it did not start in time'));
  }

  /** Why nothing more comes of it; null while it works. */
  get broken(): EmbedderError | null {
    return this.#broken;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** One at a time. @throws EmbedderError */
  async embed(text: string): Promise<Float32Array> {
    await this.#ready.promise;
    if (this.#broken !== null) throw this.#broken;
    return new Promise((resolve, reject) => {
      const id = ++this.#number;
      this.#waiting = { id, resolve, reject };
      this.#limit = this.#clock.after(TEXT_MS, () => this.#end('it took too long for one text'));
      this.#child.send({ id, text }, (error) => {
        if (error) this.#end(`it cannot be reached (${error.message})`);
      });
    });
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#end('it was ended');
    if (this.#child.pid !== undefined) await this.#ended.promise;
  }

  #told(report: Report): void {
    if ('broken' in report) {
      this.#end(report.broken);
      return;
    }
    this.#limit?.cancel();
    if ('ready' in report) {
      this.#ready.resolve();
      return;
    }
    const waiting = this.#waiting;
    if (waiting?.id !== report.id) return;
    this.#waiting = null;
    if ('vector' in report) waiting.resolve(report.vector);
    else waiting.reject(new EmbedderError(`the local model could not read a text (${report.failed})`));
  }

  #end(why: string): void {
    this.#limit?.cancel();
    if (this.#broken !== null) return;
    this.#broken = new EmbedderError(why);
    this.#child.kill('SIGKILL'); // it holds nothing that could be lost
    this.#ready.reject(this.#broken);
    this.#waiting?.reject(this.#broken);
    this.#waiting = null;
  }
}
