/**
 * One transaction for what comes in the same moment, so that the disk's sync is paid once for all of it. Whatever goes
 * wrong, each caller learns what became of his own item.
 */
export interface GroupCommitOptions<Item, Result> {
  /**
   * Stores all items in one transaction, or each by itself.
   * @returns for each item, in their order, its result, or the error that its caller gets
   * @throws what all callers get; then nothing is stored
   */
  commit: (items: readonly Item[]) => readonly (Result | Error)[];
  /** Resolves when what was stored counts, if the transaction alone does not say so. @throws what those callers get */
  synced?: () => Promise<void>;
  /** So long it may wait for more, as long as each turn of the event loop brings some; else one turn. */
  mostGatheringMs?: number;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  /** Resolves when the item is stored. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length === 1) this.#gather(0, performance.now());
    });
  }

  /** @param before how many there were one turn of the event loop ago */
  #gather(before: number, since: number): void {
    const { mostGatheringMs = 0 } = this.#options;
    setImmediate(() => {
      const count = this.#waiting.length;
      if (count > before && performance.now() - since < mostGatheringMs) this.#gather(count, since);
      else this.#commit();
    });
  }

  #commit(): void {
    const { commit, synced } = this.#options;
    const waiting = this.#waiting;
    this.#waiting = [];
    let results: readonly (Result | Error)[];
    try {
      results = commit(waiting.map(({ item }) => item));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    const isStored = results.some((result) => !(result instanceof Error));
    const onDisk = isStored ? synced?.() : undefined;
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const result = results[index] as Result | Error;
      if (result instanceof Error) reject(result);
      else if (onDisk) onDisk.then(() => resolve(result), reject);
      else resolve(result);
    }
  }
}
