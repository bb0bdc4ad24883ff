/**
 * Asks a starting agent how it is, over HTTP as the gateway will: a soul.yaml that cagent cannot use does not stop it
 * from starting or from answering pings, the agent is just not in its list.
 */
import { request } from 'node:http';
import { AGENT_KEY } from '@mobyclaw/protocol/identity';
import * as z from 'zod';

const ASK_MS = 2_000; // these routes answer in milliseconds
const LOAD_MS = 15_000; // loads the whole team and reaches for its MCP servers

const agentsSchema = z.array(z.object({ name: z.string() }));
const messageSchema = z.object({ message: z.string() });

export type Listing =
  | { kind: 'listed' }
  | { kind: 'silent' }
  /** It serves, but not this agent; `said` is why, in its words, where it says. */
  | { kind: 'refused'; said: string | null };

export interface AgentAddress {
  /** `http://host:port` or `unix:///path`. */
  url: string;
  token: string | undefined;
}

export async function probeListing(address: AgentAddress, signal?: AbortSignal): Promise<Listing> {
  const agents = await get(address, '/api/agents', ASK_MS, signal);
  if (agents?.status === 200) {
    const list = agentsSchema.safeParse(agents.body);
    if (list.success && list.data.some((agent) => agent.name === AGENT_KEY)) return { kind: 'listed' };
  } else if (agents === null) {
    // cagent 1.32.3 drops this very connection when the file names no agent, and goes on answering others.
    const ping = await get(address, '/api/ping', ASK_MS, signal);
    if (ping === null) return { kind: 'silent' };
  } else if (agents.status === 401) {
    return { kind: 'refused', said: 'it asks for another token than MOBYCLAW_AGENT_TOKEN' };
  }
  const count = await get(address, `/api/agents/${AGENT_KEY}/root/tools/count`, LOAD_MS, signal);
  if (count === null) return { kind: 'silent' };
  const message = messageSchema.safeParse(count.body);
  if (count.status === 200) return { kind: 'silent' }; // it can load the file: the list will follow
  return { kind: 'refused', said: count.status !== 404 && message.success ? message.data.message : null };
}

interface Answer {
  status: number;
  body: unknown;
}

/** @returns null where no whole answer came */
export function get(
  { url, token }: AgentAddress,
  path: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const target = url.startsWith('unix://')
      ? { socketPath: url.slice('unix://'.length), host: 'localhost', path }
      : { ...hostAndPort(url), path };
    const timeout = AbortSignal.timeout(timeoutMs);
    const outgoing = request(
      {
        ...target,
        agent: false,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve(null));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: json(Buffer.concat(chunks).toString('utf8')) });
        });
        response.on('close', () => resolve(null));
      },
    );
    outgoing.on('error', () => resolve(null));
    outgoing.end();
  });
}

function hostAndPort(url: string): { host: string; port: string } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not one of the agent's answers; the caller's schema refuses it
  }
}
