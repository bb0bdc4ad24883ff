/** What a measurement is made with: fresh folders, the gateway as it is shipped, the fake agent, the load generator. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../load/job.ts';
import { AgentProcess } from '../processes/agent-process.ts';
import { freePort, GatewayProcess } from '../processes/gateway-process.ts';
import { LoadProcess } from '../processes/load-process.ts';

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'mobyclaw-bench-'));
  readonly load = new LoadProcess();
  #agents = 0;
  #homes = 0;

  /** An agent without a past, which keeps nothing on disk. */
  async startAgent(): Promise<{ agent: AgentProcess; target: Target }> {
    const folder = join(this.folder, `agent-${++this.#agents}`);
    mkdirSync(folder);
    const agent = await AgentProcess.start(folder, { keepRuns: false });
    return { agent, target: { kind: 'agent', socketPath: agent.url.slice('unix://'.length) } };
  }

  /** An empty data folder. */
  home(): string {
    const home = join(this.folder, `home-${++this.#homes}`);
    mkdirSync(home);
    return home;
  }

  async startGateway(
    agentUrl: string,
    env: Record<string, string> = {},
    home = this.home(),
  ): Promise<{ gateway: GatewayProcess; target: Target }> {
    const gateway = await GatewayProcess.start({ home, port: await freePort(), agentUrl, env });
    return { gateway, target: { kind: 'gateway', port: gateway.port, token: gateway.token } };
  }

  close(): void {
    this.load.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** No agent listens there. */
export const NO_AGENT = 'unix:///nonexistent/agent.sock';
