/** Time as a dependency, so that no test has to sleep. All values in milliseconds. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `delayMs`. The timer never keeps the process alive on its own. */
  after(delayMs: number, task: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const handle = setTimeout(task, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` is aborted; never rejects. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Runs `task` after `firstMs`, and then again each `intervalMs`, until it is cancelled. What the task throws is not caught. */
export function every(clock: Clock, intervalMs: number, task: () => void, firstMs = intervalMs): Timer {
  const schedule = (delayMs: number): Timer =>
    clock.after(delayMs, () => {
      timer = schedule(intervalMs);
      task();
    });
  let timer = schedule(firstMs);
  return { cancel: () => timer.cancel() };
}
