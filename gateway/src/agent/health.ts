/** Whether the agent is there at all, and whether it could load our soul.yaml. */
import { AgentError } from './agent-error.ts';
import { asObject, asText, parseJson } from './json.ts';
import { forPeople } from './readable.ts';
import type { Reply, Transport } from './transport.ts';

const PING_MS = 3_000;

/** @returns whether `GET /api/ping` answers 200 within 3 s */
export async function ping(transport: Transport, signal?: AbortSignal): Promise<boolean> {
  return (await ask(transport, '/api/ping', signal))?.status === 200;
}

export interface Readiness {
  /** A broken soul.yaml does not keep cagent from starting; its agent is missing in the list, that is all (reference §0.11). */
  ready: boolean;
  /** Tool servers that the agent cannot use, each with the reason; the embedded agent alone tells. */
  toolProblems: readonly string[];
}

export async function readiness(transport: Transport, agentKey: string): Promise<Readiness> {
  const down = { ready: false, toolProblems: [] };
  if (!(await ping(transport))) return down;
  const reply = await ask(transport, '/api/agents');
  const agents = reply?.status === 200 ? parseJson(reply.body) : undefined;
  const own = Array.isArray(agents) ? agents.map(asObject).find(({ name }) => name === agentKey) : undefined;
  if (own === undefined) return down;
  const problems = Array.isArray(own.tool_problems) ? own.tool_problems : [];
  return { ready: true, toolProblems: problems.map((problem) => forPeople(asText(problem))) };
}

async function ask(transport: Transport, path: string, signal?: AbortSignal): Promise<Reply | null> {
  try {
    return await transport.exchange({ method: 'GET', path, ...(signal ? { signal } : {}) }, PING_MS);
  } catch (error) {
    if (error instanceof AgentError) return null;
    throw error;
  }
}
