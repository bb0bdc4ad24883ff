/**
 * Counts on disk how often an arrival was tried, before anything is done with it: if it kills the process, it must not do
 * so at every start. If the gateway is stopped in order, the try does not count.
 */
import type { Logger } from '@mobyclaw/lib/logger';
import type { ArrivalRow } from '../store/arrival-store.ts';
import type { Store } from '../store/store.ts';

const MOST_TRIES = 2; // the first may have been ended by something else

export class Tries {
  readonly #store: Store;
  readonly #logger: Logger;
  /** Numbers of those that this process has counted and that are not settled. */
  readonly #begun = new Set<number>();

  constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /**
   * Counts each of these once in this process.
   * @param files they come with files; reading those may bring down the machine too, so the count is synced to the disk first
   * @returns false where one of them was begun with often enough
   * @throws StoreError
   */
  begin(rows: readonly ArrivalRow[], files: boolean): boolean {
    const anew = rows.filter(({ seq }) => !this.#begun.has(seq));
    const counts = this.#store.transaction(files ? 'durable' : 'relaxed', () =>
      anew.map(({ seq }) => this.#store.arrivals.begin(seq)),
    );
    for (const { seq } of anew) this.#begun.add(seq);
    return counts.every((count) => count <= MOST_TRIES);
  }

  settled(rows: readonly ArrivalRow[]): void {
    for (const { seq } of rows) this.#begun.delete(seq);
  }

  /** For an orderly end; never throws, as stopping never needs the disk. */
  giveBack(): void {
    try {
      this.#store.transaction('relaxed', () => {
        for (const seq of this.#begun) this.#store.arrivals.unbegin(seq);
      });
    } catch (error) {
      this.#logger.error({ err: error }, 'messages that wait for the next start count as begun with');
    }
  }
}
