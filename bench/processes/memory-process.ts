/** The memory server as it runs in production, on a data folder and a loopback port. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { until } from '@mobyclaw/testkit/until';
import { Child } from './child.ts';
import { freePort, ROOT } from './gateway-process.ts';

const START_LIMIT_MS = 30_000;

export class MemoryProcess {
  readonly child: Child;
  readonly url: string;
  /** Of the gateway, whose calls are the owner's. */
  readonly token: string;

  constructor(child: Child, url: string, token: string) {
    this.child = child;
    this.url = url;
    this.token = token;
  }

  static async start(home: string): Promise<MemoryProcess> {
    const port = await freePort();
    const secret = (): string => randomBytes(16).toString('hex');
    const token = secret();
    const child = new Child({
      args: [join(ROOT, 'dist/memory.js')],
      logFile: join(home, 'memory.log'),
      env: {
        MOBYCLAW_HOME: home,
        MOBYCLAW_MCP_TOKEN: secret(),
        MOBYCLAW_MEMORY_TOKEN: token,
        MOBYCLAW_CAPABILITY_KEY: secret(),
        MOBYCLAW_MEMORY_LISTEN: `127.0.0.1:${port}`,
        MOBYCLAW_TZ: 'UTC',
      },
    });
    const url = `http://127.0.0.1:${port}`;
    await until('the memory server to answer', () => answers(url), START_LIMIT_MS);
    return new MemoryProcess(child, url, token);
  }

  kill(): Promise<void> {
    return this.child.stop('SIGKILL');
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false; // nobody listens yet
  }
}
