/**
 * Moby for a long life: the gateway and the memory server as processes, and an agent whose model reads no more than its window and
 * knows nothing but what it reads. The gateway can be killed; what the model saw is counted here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import { type FakeAgent, type FakePrompt, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import {
  type FakeModel,
  type ModelRequest,
  type ScriptedAnswer,
  startFakeModel,
} from '@mobyclaw/testkit/fake-model';
import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { thoughtAnswer, thoughtScript } from '@mobyclaw/testkit/remembering-model';
import { until } from '@mobyclaw/testkit/until';
import { Child } from '../processes/child.ts';
import { freePort, GatewayProcess, ROOT } from '../processes/gateway-process.ts';

export const WINDOW = 6000;
const BASE = 500; // of a fake cagent's instructions and tools
const START_LIMIT_MS = 60_000;

export type AgentKind = 'embedded' | 'array' | 'object';

const SECRETS = {
  MOBYCLAW_MCP_TOKEN: 'the-token-that-the-agent-shows',
  MOBYCLAW_MEMORY_TOKEN: 'the-token-that-the-gateway-shows',
  MOBYCLAW_CAPABILITY_KEY: 'the-key-that-signs-capabilities',
};

export interface WorldOptions {
  folder: string;
  agent: AgentKind;
  /** The server drops the head of what does not fit, and says nothing; else it refuses it. */
  drops?: boolean;
  /** Is told of each prompt that a fake cagent gets. */
  onPrompt?: (prompt: FakePrompt) => void;
}

export class World {
  readonly home: string;
  readonly port: number;
  gateway: GatewayProcess | null = null;
  readonly #options: WorldOptions;
  #memory: Child | null = null;
  #memoryUrl = '';
  #agent: FakeAgent | null = null;
  #model: FakeModel | null = null;
  #embedded: Child | null = null;
  #agentUrl = '';
  #refusedByModel = 0;

  private constructor(options: WorldOptions, port: number) {
    this.#options = options;
    this.home = join(options.folder, 'home');
    this.port = port;
  }

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options, await freePort());
    mkdirSync(world.home, { recursive: true });
    await world.#startMemory();
    if (options.agent === 'embedded') await world.#startEmbedded();
    else await world.#startFake(options.agent);
    await world.startGateway();
    return world;
  }

  /** Calls of the model that did not fit. */
  get refused(): number {
    return this.#refusedByModel + (this.#agent?.stats().refused ?? 0);
  }

  get agentUrl(): string {
    return this.#agentUrl;
  }

  async startGateway(): Promise<void> {
    this.gateway = await GatewayProcess.start({
      home: this.home,
      port: this.port,
      agentUrl: this.#agentUrl,
      program: join(ROOT, 'gateway/src/main.ts'),
      flags: ['--disable-warning=ExperimentalWarning'],
      env: {
        ...SECRETS,
        PATH: process.env.PATH ?? '',
        MOBYCLAW_MEMORY_URL: this.#memoryUrl,
        MOBYCLAW_CONTEXT_WINDOW: String(WINDOW),
        MOBYCLAW_HEARTBEAT_INTERVAL: 'off',
      },
    });
  }

  async close(): Promise<void> {
    await this.gateway?.kill();
    await this.#agent?.close();
    await this.#embedded?.stop();
    await this.#model?.close();
    await this.#memory?.stop('SIGTERM');
  }

  async #startMemory(): Promise<void> {
    const port = await freePort();
    this.#memoryUrl = `http://127.0.0.1:${port}`;
    this.#memory = new Child({
      args: ['--disable-warning=ExperimentalWarning', join(ROOT, 'mcp-servers/memory/src/main.ts')],
      logFile: join(this.#options.folder, 'memory.log'),
      env: {
        ...SECRETS,
        MOBYCLAW_HOME: this.home,
        MOBYCLAW_MEMORY_LISTEN: `127.0.0.1:${port}`,
        MOBYCLAW_TZ: 'UTC',
      },
    });
    await until(
      'the memory server to answer',
      () => fetch(this.#memoryUrl).then(Boolean, () => false),
      START_LIMIT_MS,
    );
  }

  async #startFake(generation: 'array' | 'object'): Promise<void> {
    const { drops = false, onPrompt } = this.#options;
    const act = async (capability: string, tool: string, input: object) => {
      const url = tool.startsWith('memory_') ? this.#memoryUrl : `http://127.0.0.1:${this.port}`;
      try {
        const headers = { 'X-Moby-Turn': capability };
        const client = await connectMcp(url, SECRETS.MOBYCLAW_MCP_TOKEN, undefined, headers);
        return await callMcp(client, tool, input).finally(() => client.close());
      } catch (error) {
        return { text: `Error calling tool: ${String(error)}`, isError: true };
      }
    };
    this.#agent = await startFakeAgent({
      generation,
      context: { limit: WINDOW, base: BASE, reports: generation === 'object', drops },
      script: (prompt) => {
        onPrompt?.(prompt);
        return thoughtScript(prompt, act);
      },
      keepRuns: false,
    });
    this.#agentUrl = this.#agent.url;
  }

  async #startEmbedded(): Promise<void> {
    const { folder } = this.#options;
    this.#model = await startFakeModel((request) => this.#answer(request));
    const soul = join(folder, 'soul.yaml');
    const socket = join(folder, 'agent.sock');
    writeFileSync(soul, this.#soul(this.#model.baseUrl));
    const main = join(ROOT, 'embedded-agent/src/main.ts');
    const serve = [
      'serve',
      'api',
      soul,
      '--listen',
      `unix://${socket}`,
      '--session-db',
      join(folder, 'session.db'),
    ];
    this.#embedded = new Child({
      args: ['--disable-warning=ExperimentalWarning', main, ...serve, '--working-dir', folder],
      logFile: join(folder, 'agent.log'),
      env: { PATH: process.env.PATH ?? '', HOME: folder, GATEWAY_URL: `http://127.0.0.1:${this.port}` },
    });
    this.#agentUrl = `unix://${socket}`;
  }

  #answer(request: ModelRequest): ScriptedAnswer {
    const always = estimateTokens(JSON.stringify(request.tools ?? []));
    const messages = [...request.messages];
    const size = (): number => always + estimateTokens(JSON.stringify(messages));
    if (this.#options.drops) while (size() > WINDOW && messages.length > 1) messages.shift();
    const tokens = size();
    if (tokens > WINDOW) {
      this.#refusedByModel++;
      const message = `This model's maximum context length is ${WINDOW} tokens.`;
      return { status: 400, body: { error: { message, code: 'context_length_exceeded' } } };
    }
    const usage = { prompt_tokens: tokens, completion_tokens: 30 };
    return { ...thoughtAnswer({ ...request, messages }), usage };
  }

  #soul(baseUrl: string): string {
    const toolset = (url: string, tools: string): string => `
      - type: mcp
        tools: [${tools}]
        remote:
          url: ${url}/mcp
          transport_type: streamable
          headers: { Authorization: "Bearer ${SECRETS.MOBYCLAW_MCP_TOKEN}", X-Moby-Turn: "\${headers.X-Moby-Turn}" }`;
    const gateway = `http://127.0.0.1:${this.port}`;
    return `version: "7"
providers: { fake: { base_url: "${baseUrl}" } }
models: { main: { provider: fake, model: fake-1, max_tokens: 500, provider_opts: { context_size: ${WINDOW} } } }
agents:
  root:
    model: main
    description: Moby
    instruction: You are Moby.
    toolsets:${toolset(this.#memoryUrl, 'memory_search, memory_append')}${toolset(gateway, 'history_search')}
permissions: { allow: ["*"] }
`;
  }
}
