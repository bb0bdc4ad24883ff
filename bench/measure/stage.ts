/** What a measurement is made with: fresh folders, gateway or whole stack as they are shipped, fake agent
 * or fake model, the load generator. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../load/job.ts';
import { AgentProcess } from '../processes/agent-process.ts';
import { freePort, GatewayProcess } from '../processes/gateway-process.ts';
import { LoadProcess } from '../processes/load-process.ts';
import { ModelProcess } from '../processes/model-process.ts';
import { StackProcess } from '../processes/stack-process.ts';

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

  /** All of Moby in front of a fake model. */
  async startStack(): Promise<{ stack: StackProcess; model: ModelProcess; through: Target; direct: Target }> {
    const home = this.home();
    const model = await ModelProcess.start(home);
    const { baseUrl, port } = model;
    const env = { MOBYCLAW_MAX_TURNS: '64' };
    const stack = await StackProcess.start({ home, port: await freePort(), baseUrl, env });
    return {
      stack,
      model,
      through: { kind: 'gateway', port: stack.port, token: stack.token },
      direct: { kind: 'model', port },
    };
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
