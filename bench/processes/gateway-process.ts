/** The gateway as it runs in production: a process of its own, on a data folder and a loopback port. */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import { Child, type Memory } from './child.ts';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_LIMIT_MS = 30_000;
const POLL_MS = 1;

/** The gateway's program: what is shipped, or its source, which needs no build. */
export const BUNDLE = join(ROOT, 'dist/gateway.js');
export const SOURCE = join(ROOT, 'gateway/src/main.ts');

export interface GatewayOptions {
  home: string;
  port: number;
  agentUrl: string;
  program?: string;
  /** Flags of node. */
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export class GatewayProcess {
  readonly port: number;
  readonly child: Child;
  /** From the spawn to the first 200 of `/healthz`. */
  readonly readyMs: number;
  readonly token: string;

  constructor(child: Child, options: GatewayOptions, readyMs: number) {
    this.child = child;
    this.port = options.port;
    this.readyMs = readyMs;
    this.token = readFileSync(join(options.home, 'gateway/cli-token'), 'utf8').trim();
  }

  /** @throws where it does not become ready; `<home>/gateway.log` says why */
  static async start(options: GatewayOptions): Promise<GatewayProcess> {
    const start = performance.now();
    const child = new Child({
      args: [...(options.flags ?? []), options.program ?? BUNDLE],
      logFile: join(options.home, 'gateway.log'),
      env: {
        ...MALLOC_SETTINGS,
        MOBYCLAW_HOME: options.home,
        MOBYCLAW_PORT: String(options.port),
        MOBYCLAW_AGENT_URL: options.agentUrl,
        MOBYCLAW_TZ: 'UTC',
        ...options.env,
      },
    });
    while (!(await isHealthy(options.port))) {
      if (child.ended || performance.now() - start > START_LIMIT_MS) {
        throw new Error(`the gateway did not start (${await child.exited}); see ${options.home}/gateway.log`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return new GatewayProcess(child, options, performance.now() - start);
  }

  memory(): Memory {
    return this.child.memory();
  }

  /** Body of an answer of its HTTP API. @throws where it is no 200 */
  async get(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${body}`);
    return body;
  }

  kill(): Promise<void> {
    return this.child.stop('SIGKILL');
  }
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('error', () => resolve(false));
  });
}

/**
 * A free port below the range that the system hands out by itself: a client that tries again and again while nobody
 * listens cannot be given that very port as its own and so connect to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
