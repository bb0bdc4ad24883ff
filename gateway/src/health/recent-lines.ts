/** The gateway's own last lines of log, for whoever looks on where it cannot read them from a file, as in a container. */
import type { DestinationStream } from '@mobyclaw/lib/logger';

const KEPT = 500; // lines of some 200 bytes

export class RecentLines implements DestinationStream {
  readonly #into: DestinationStream;
  #lines: string[] = [];
  #count = 0;
  readonly #listeners = new Set<() => void>();

  /** @param into where the lines go as well */
  constructor(into: DestinationStream) {
    this.#into = into;
  }

  write(line: string): void {
    this.#into.write(line);
    this.#count++;
    this.#lines.push(line.trimEnd());
    if (this.#lines.length > 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
    for (const listener of this.#listeners) listener();
  }

  /** @param listener is told of each line; it must not log @returns stops that */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @param after how many were there before @returns those since, at most the last KEPT */
  since(after: number): { lines: string[]; next: number } {
    const isOlder = after > this.#count; // of the gateway before this one
    const missing = Math.min(isOlder ? this.#count : this.#count - after, KEPT);
    return { lines: missing === 0 ? [] : this.#lines.slice(-missing), next: this.#count };
  }
}
