/** The memory server as a process, with the agent's side of it and the gateway's. */
import { fileURLToPath } from 'node:url';
import { signCapability } from '@mobyclaw/mcp/capability';
import type { Capability } from '@mobyclaw/protocol/capability';
import { connectMcp } from '@mobyclaw/testkit/mcp-client';
import { spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const AGENT_TOKEN = 'the-token-of-the-agent';
const GATEWAY_TOKEN = 'the-token-of-the-gateway';
const KEY = 'the-key-that-signs-capabilities';

export interface MemoryProcess {
  home: string;
  /** A client of the agent's, in a turn. */
  connect(turn?: Partial<Capability>, headers?: Record<string, string>): Promise<Client>;
  /** A route of the gateway's. @returns the body of its answer */
  ask(method: string, path: string, body?: object): Promise<unknown>;
}

export async function startMemory(home = temporaryFolder()): Promise<MemoryProcess> {
  const server = spawnServer(MAIN, {
    MOBYCLAW_HOME: home,
    MOBYCLAW_MCP_TOKEN: AGENT_TOKEN,
    MOBYCLAW_MEMORY_TOKEN: GATEWAY_TOKEN,
    MOBYCLAW_CAPABILITY_KEY: KEY,
    MOBYCLAW_MEMORY_LISTEN: '127.0.0.1:0',
    MOBYCLAW_TZ: 'UTC',
  });
  onTestFinished(() => {
    server.child.kill('SIGKILL');
  });
  const url = await server.url();
  return {
    home,
    async connect(turn = {}, headers = {}) {
      const capability = signCapability(KEY, {
        turn: 'turn',
        run: 1,
        session: 'cli:main',
        sender: 'Bob',
        asker: 'owner',
        until: Date.now() + 600_000,
        ...turn,
      });
      const client = await connectMcp(url, AGENT_TOKEN, undefined, { ...headers, 'x-moby-turn': capability });
      onTestFinished(() => client.close());
      return client;
    },
    async ask(method, path, body) {
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${GATEWAY_TOKEN}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return answer.json();
    },
  };
}
