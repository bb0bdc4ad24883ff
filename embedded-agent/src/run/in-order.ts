/**
 * Work on a list of which some may go on side by side and the rest only alone: what may not run beside others waits for all
 * before it, and all after it wait for it. Results come in the order of the list.
 */
const MOST_AT_ONCE = 8; // tool servers and providers of pages count requests

/**
 * @param start is given what to await before its result is told, so that results are told in order too
 * @throws what the first failure is; the others have ended then, or are about to
 */
export async function inOrder<T, R>(
  items: readonly T[],
  beside: (item: T) => boolean,
  start: (item: T, before: Promise<unknown>) => Promise<R>,
): Promise<R[]> {
  const results: Promise<R>[] = [];
  let ready: Promise<unknown> = Promise.resolve();
  for (const item of items) {
    const before = Promise.all(results);
    const alone = !beside(item);
    if (alone || results.length % MOST_AT_ONCE === 0) await before;
    before.catch(() => undefined); // the same failures are thrown below
    ready = start(item, before);
    ready.catch(() => undefined);
    results.push(ready as Promise<R>);
    if (alone) await ready;
  }
  return await Promise.all(results);
}
