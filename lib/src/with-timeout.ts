/** A bound on the time that something may take. */
import type { Clock } from './clock.ts';

/**
 * Settles as `work` does, or, after `ms`, as `late` does. No timer is left where the work was in time, and nobody has to
 * handle a failure of it that comes too late.
 * @param late decides what follows: gives a value in its place, or throws
 */
export async function withTimeout<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  late: () => T | Promise<T>,
): Promise<T> {
  const up = Promise.withResolvers<typeof LATE>();
  const timer = clock.after(ms, () => up.resolve(LATE));
  try {
    const first = await Promise.race([work, up.promise]);
    return first === LATE ? await late() : (first as T);
  } finally {
    timer.cancel();
  }
}

const LATE = Symbol('late');
