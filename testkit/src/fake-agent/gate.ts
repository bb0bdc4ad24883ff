/** Where a run waits for an answer from outside, as cagent waits at a confirmation: for ever, or until the client is gone. */
export interface Resume {
  confirmation: string;
  reason?: string;
}

export interface Elicited {
  action: string;
  content?: unknown;
}

export class Gate<T> {
  #open: ((answer: T | null) => void) | null = null;
  /** Answers to lose, as a real one may. */
  drop = 0;

  /** @returns null where the run was cancelled */
  wait(signal: AbortSignal): Promise<T | null> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(null);
      const settle = (answer: T | null): void => {
        signal.removeEventListener('abort', onAbort);
        this.#open = null;
        resolve(answer);
      };
      const onAbort = (): void => settle(null);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#open = settle;
    });
  }

  get waiting(): boolean {
    return this.#open !== null;
  }

  /** An answer that nobody waits for is lost. */
  answer(value: T): void {
    if (!this.#open) return;
    if (this.drop > 0) this.drop -= 1;
    else this.#open(value);
  }
}
