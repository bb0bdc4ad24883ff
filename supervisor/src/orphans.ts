/**
 * Ends what a killed supervisor left running. Called under the lock, so the writer of `state` is dead. A pid is signalled
 * only if the process with it began when the recorded one did; a stranger that got the number later is left alone.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { birthOf, signalTree } from './process-table.ts';

const POLL_MS = 20;

export interface OrphanTimes {
  /** Time for an orphan to end by itself after SIGTERM, in milliseconds. */
  graceMs: number;
  /** Time for it to vanish after SIGKILL, in milliseconds. */
  killMs: number;
}

/** @returns the pids that were ended */
export async function endOrphans(
  state: LocalState,
  clock: Clock,
  { graceMs, killMs }: OrphanTimes = { graceMs: 3_000, killMs: 2_000 },
): Promise<number[]> {
  const orphans = state.parts.flatMap(({ pid, birth }) =>
    pid !== null && birth !== null ? [{ pid, birth }] : [],
  );
  const alive = (): number[] =>
    orphans.filter(({ pid, birth }) => birthOf(pid) === birth).map(({ pid }) => pid);
  const found = alive();
  for (const pid of found) signalTree(pid, 'SIGTERM');
  await gone(alive, clock, graceMs);
  for (const pid of found) signalTree(pid, 'SIGKILL'); // what it started may outlive it
  await gone(alive, clock, killMs);
  return found;
}

async function gone(alive: () => number[], clock: Clock, forMs: number): Promise<void> {
  const end = clock.now() + forMs;
  while (alive().length > 0 && clock.now() < end) await pause(clock, POLL_MS);
}
