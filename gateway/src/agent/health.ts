/** Whether the agent is there at all, and whether it could load our soul.yaml. */
import { AgentError } from './agent-error.ts';
import { asObject, parseJson } from './json.ts';
import type { Reply, Transport } from './transport.ts';

const PING_MS = 3_000;

/** @returns whether `GET /api/ping` answers 200 within 3 s */
export async function ping(transport: Transport, signal?: AbortSignal): Promise<boolean> {
  return (await ask(transport, '/api/ping', signal))?.status === 200;
}

/** A broken soul.yaml does not keep cagent from starting; its agent is missing in the list, that is all (reference §0.11). */
export async function isReady(transport: Transport, agentKey: string): Promise<boolean> {
  if (!(await ping(transport))) return false;
  const reply = await ask(transport, '/api/agents');
  const agents = reply?.status === 200 ? parseJson(reply.body) : undefined;
  return Array.isArray(agents) && agents.some((agent) => asObject(agent).name === agentKey);
}

async function ask(transport: Transport, path: string, signal?: AbortSignal): Promise<Reply | null> {
  try {
    return await transport.exchange({ method: 'GET', path, ...(signal ? { signal } : {}) }, PING_MS);
  } catch (error) {
    if (error instanceof AgentError) return null;
    throw error;
  }
}
