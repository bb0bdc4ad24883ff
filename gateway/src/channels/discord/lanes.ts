/** Work of each chat in its order, chats side by side. Tasks do not throw. */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  run(chat: string, task: () => Promise<void>): void {
    const before = this.#tails.get(chat);
    const tail = (before ? before.then(task) : task()).then(() => {
      if (this.#tails.get(chat) === tail) this.#tails.delete(chat);
    });
    this.#tails.set(chat, tail);
  }

  /** Resolves when everything handed in so far is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
