/** Runs the tasks of each key one after the other, keys side by side; keeps nothing of a key once its tasks are done. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(task);
    const forget = (): void => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    const tail: Promise<void> = result.then(forget, forget); // its caller has the error; here it only marks the end
    this.#tails.set(key, tail);
    return result;
  }

  /** Whether tasks of this key are not done. */
  has(key: string): boolean {
    return this.#tails.has(key);
  }

  /** Resolves when everything handed in so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }

  /** Keys with tasks that are not done. */
  get size(): number {
    return this.#tails.size;
  }
}
