/**
 * Bodies of senders who have not proved themselves yet: a signature covers the body, so it has to be read first. What is
 * held of them is bounded as a whole; whoever has been sending longest gives way, which a sender in earnest never is, since
 * his megabyte is here in a moment. Who is slow is cut anyway.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';

export const MOST_UNPROVEN_BYTES = 16 * 1024 * 1024;
export const MOST_UNPROVEN = 64; // bodies at a time
export const UNPROVEN_MS = 10_000; // for 1 MB, from a sender that means it

interface Arriving {
  request: IncomingMessage;
  bytes: number;
  timer: Timer;
}

export class UnprovenBodies {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Oldest first. */
  readonly #arriving = new Set<Arriving>();
  #bytes = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** To be called before anybody reads the body. */
  watch(request: IncomingMessage): void {
    const entry: Arriving = {
      request,
      bytes: 0,
      timer: this.#clock.after(UNPROVEN_MS, () => this.#cut(entry, 'it took too long')),
    };
    this.#arriving.add(entry);
    request.on('data', (chunk: Buffer) => {
      entry.bytes += chunk.length;
      this.#bytes += chunk.length;
      this.#makeRoom();
    });
    // Its end is that of the proof too: the check follows in the same breath.
    for (const event of ['end', 'close'] as const) request.once(event, () => this.#done(entry));
    this.#makeRoom();
  }

  #makeRoom(): void {
    while (this.#arriving.size > MOST_UNPROVEN || this.#bytes > MOST_UNPROVEN_BYTES) {
      const [oldest] = this.#arriving;
      if (!oldest) return;
      this.#cut(oldest, 'too much was on its way');
    }
  }

  #cut(entry: Arriving, why: string): void {
    this.#done(entry);
    const { remoteAddress } = entry.request.socket;
    this.#logger.warn({ address: remoteAddress, bytes: entry.bytes, why }, 'a webhook delivery was cut off');
    entry.request.destroy();
  }

  #done(entry: Arriving): void {
    if (!this.#arriving.delete(entry)) return;
    entry.timer.cancel();
    this.#bytes -= entry.bytes;
  }
}
