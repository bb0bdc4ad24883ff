/**
 * Where a run waits for its client: one question at a time. An answer that nobody waits for is dropped, as cagent drops
 * it; a run that is cancelled stops waiting.
 */
export class Gate<ANSWER> {
  #answer: ((answer: ANSWER) => boolean) | null = null;

  /**
   * @param takes whether an answer is one to this question; another is dropped
   * @throws the signal's reason where the run is cancelled
   */
  wait(signal: AbortSignal, takes: (answer: ANSWER) => boolean = () => true): Promise<ANSWER> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const cancel = (): void => {
        this.#answer = null;
        reject(signal.reason);
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.#answer = (answer) => {
        if (!takes(answer)) return false;
        signal.removeEventListener('abort', cancel);
        this.#answer = null;
        resolve(answer);
        return true;
      };
    });
  }

  /** @returns whether anybody waited for it */
  answer(answer: ANSWER): boolean {
    return this.#answer?.(answer) ?? false;
  }
}
