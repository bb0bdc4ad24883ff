/** The memory server itself, as a process on a data folder, for a gateway that asks it. */
import { fileURLToPath } from 'node:url';
import { spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import { AGENT_TOKEN } from './acting-agent.ts';

const MAIN = fileURLToPath(new URL('../../../mcp-servers/memory/src/main.ts', import.meta.url));

const SECRETS = {
  MOBYCLAW_MCP_TOKEN: AGENT_TOKEN,
  MOBYCLAW_MEMORY_TOKEN: 'the-token-that-the-gateway-shows',
  MOBYCLAW_CAPABILITY_KEY: 'the-key-that-signs-capabilities',
};

export interface MemoryServer {
  url: string;
  /** Data folder of the owner's. */
  home: string;
  /** Environment of a gateway that asks it. */
  env: Record<string, string>;
}

export async function startMemoryServer(): Promise<MemoryServer> {
  const home = temporaryFolder();
  const server = spawnServer(MAIN, {
    ...SECRETS,
    MOBYCLAW_HOME: home,
    MOBYCLAW_MEMORY_LISTEN: '127.0.0.1:0',
    MOBYCLAW_TZ: 'UTC',
  });
  const ended = new Promise<void>((resolve) => server.child.on('close', () => resolve()));
  onTestFinished(async () => {
    server.child.kill('SIGTERM');
    await ended;
  });
  const url = await server.url();
  return { url, home, env: { ...SECRETS, MOBYCLAW_MEMORY_URL: url } };
}
