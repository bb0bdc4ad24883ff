/** Waits for an agent that is away: restarting, being updated, or killed. */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { AgentClient } from '../agent/agent.ts';

/** For people, where the wait is long enough for them to wonder. */
export const AGENT_AWAY = 'Moby’s agent is not answering. Waiting for it to come back.';

const LONGEST_WAIT_MS = 180_000; // a restart takes a second; an update or a slow disk minutes
const POLL = { firstMs: 50, maxMs: 2000 };
const NOTICE_AFTER_MS = 3000; // a restart should go unnoticed

/**
 * @param onLong called once, where the wait is long enough for a person to wonder
 * @returns whether the agent is back; false after three minutes, or where `signal` was aborted
 */
export async function awaitAgent(
  agent: AgentClient,
  clock: Clock,
  signal: AbortSignal,
  onLong: () => void,
): Promise<boolean> {
  const start = clock.now();
  let noticed = false;
  for (let failures = 1; !signal.aborted; failures++) {
    if (await agent.isReady()) {
      agent.forgetEngine();
      return true;
    }
    const waited = clock.now() - start;
    if (waited > LONGEST_WAIT_MS) return false;
    if (waited > NOTICE_AFTER_MS && !noticed) {
      noticed = true;
      onLong();
    }
    await pause(clock, backoffMs(failures, POLL), signal);
  }
  return false;
}
