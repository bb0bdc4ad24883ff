/**
 * A line to the gateway, the one for the whole page or one that a view opens while it is looked at: opens it, reads its blocks, and when it breaks comes back to where it was. The id of a block
 * counts once all of it was applied, so a block that was cut comes again whole.
 *
 * A line can be dead without a word (a frozen tab, a phone that slept, another network), so one that was silent for longer
 * than the gateway's signs of life is given up; coming to the front, or back online, looks at once. A page that nobody sees
 * lets go of it after a minute: a browser has six connections to a host, and ten tabs are to work.
 */
import type { LiveBlock } from '@mobyclaw/protocol/live';
import { type Signal, signal } from '@preact/signals';
import { EventBlocks } from './event-blocks.ts';

const SILENT_MS = 40_000; // the gateway shows every 15 s that it lives
const STALE_MS = 20_000; // after that, whoever looks at the page again does not wait for the rest
const HIDDEN_MS = 60_000;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 15_000;

export type LineState = 'connecting' | 'live' | 'broken' | 'resting';

export interface Clock {
  now(): number;
  /** @returns cancels */
  after(ms: number, work: () => void): () => void;
  random(): number;
}

export interface LiveLineOptions<Block> {
  /** Asks for the stream, such as `GET /api/stream`. @param since the id of the last block */
  open: (since: string | null, signal: AbortSignal) => Promise<Response>;
  apply: (block: Block) => void;
  /** The gateway answered with something else than a stream. @returns whether to try again */
  onRefused: (response: Response) => Promise<boolean>;
  clock: Clock;
}

export class LiveLine<Block = LiveBlock> {
  readonly state: Signal<LineState> = signal('connecting');
  readonly #options: LiveLineOptions<Block>;
  #since: string | null = null;
  #abort: AbortController | null = null;
  #failures = 0;
  #heardAt = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelRest: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;
  #stopped = true;

  constructor(options: LiveLineOptions<Block>) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#connect();
    this.#watch();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#cancelWatch?.();
    this.#abort?.abort();
    this.#abort = null;
  }

  /** Something says that the line may be back, or that it may be dead: looks at once. */
  look(): void {
    this.#cancelRest?.();
    this.#cancelRest = null;
    if (this.#stopped && this.state.value === 'resting') {
      this.start();
      return;
    }
    if (this.#stopped) return;
    const silentMs = this.#options.clock.now() - this.#heardAt;
    if (this.#abort === null || (this.state.value === 'live' && silentMs > STALE_MS)) this.#reconnect();
  }

  /** Nobody sees the page. */
  hide(): void {
    this.#cancelRest ??= this.#options.clock.after(HIDDEN_MS, () => {
      this.#cancelRest = null;
      this.stop();
      this.state.value = 'resting';
    });
  }

  #reconnect(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#abort?.abort();
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const { open, clock, onRefused } = this.#options;
    const abort = new AbortController();
    this.#abort = abort;
    if (this.state.value !== 'broken') this.state.value = 'connecting';
    this.#heardAt = clock.now();
    let again = true;
    try {
      const response = await open(this.#since, abort.signal);
      if (abort.signal.aborted) return;
      if (response.ok && response.body) await this.#read(response.body, abort.signal);
      else again = await onRefused(response);
    } catch {
      // the line is down, or was given up
    }
    if (this.#abort !== abort) return; // another one has taken over
    this.#abort = null;
    if (this.#stopped) return;
    if (!again) {
      this.stop();
      return;
    }
    this.state.value = 'broken';
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    this.#cancelRetry = clock.after(most * (0.5 + clock.random() / 2), () => {
      this.#cancelRetry = null;
      void this.#connect();
    });
  }

  async #read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const blocks = new EventBlocks();
    const reader = body.getReader();
    signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.#heardAt = this.#options.clock.now();
      for (const { id, data } of blocks.read(value)) {
        this.#options.apply(JSON.parse(data) as Block);
        if (id !== null) this.#since = id;
        this.#failures = 0;
        this.state.value = 'live';
      }
    }
  }

  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch = clock.after(SILENT_MS / 4, () => {
      if (this.#abort !== null && clock.now() - this.#heardAt > SILENT_MS) this.#reconnect();
      this.#watch();
    });
  }
}
