import { type Clock, pause } from '@mobyclaw/lib/clock';
import { get } from './agent-probe.ts';

const POLL_MS = 25;
const ASK_MS = 2_000;

/** Resolves true once `path` answers 200; false when `signal` ends the wait. Never rejects. */
export async function untilHealthy(
  url: string,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const answer = await get({ url, token: undefined }, path, ASK_MS, signal);
    if (answer?.status === 200) return true;
    await pause(clock, POLL_MS, signal);
  }
  return false;
}
