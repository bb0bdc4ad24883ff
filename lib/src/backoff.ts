export interface BackoffOptions {
  /** Delay before the second try, in milliseconds. */
  firstMs: number;
  /** No delay is longer than this, in milliseconds. */
  maxMs: number;
  /** Uniform number in [0, 1). */
  random?: () => number;
}

/**
 * Exponential backoff with equal jitter: half of the delay is fixed, half random, so that parts that failed together
 * do not come back together.
 * @param failures how many tries have failed so far, from 1
 * @returns milliseconds to wait
 */
export function backoffMs(
  failures: number,
  { firstMs, maxMs, random = Math.random }: BackoffOptions,
): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
  return ceiling / 2 + (ceiling / 2) * random();
}
