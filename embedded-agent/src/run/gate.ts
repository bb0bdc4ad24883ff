/**
 * Where a run waits for its client: one question at a time. An answer that nobody waits for is dropped, as cagent drops
 * it; a run that is cancelled stops waiting.
 */
export class Gate<ANSWER> {
  #answer: ((answer: ANSWER) => void) | null = null;

  /** @throws the signal's reason where the run is cancelled */
  wait(signal: AbortSignal): Promise<ANSWER> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const cancel = (): void => {
        this.#answer = null;
        reject(signal.reason);
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.#answer = (answer) => {
        signal.removeEventListener('abort', cancel);
        this.#answer = null;
        resolve(answer);
      };
    });
  }

  /** @returns whether anybody waited */
  answer(answer: ANSWER): boolean {
    if (!this.#answer) return false;
    this.#answer(answer);
    return true;
  }
}
