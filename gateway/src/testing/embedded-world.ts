/**
 * A gateway in front of the embedded agent as a process of its own, on a model that a test scripts, with the memory server
 * that keeps its soul.yaml: for what all of them together promise about questions.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Question } from '@mobyclaw/protocol/question';
import { type FakeModel, type ScriptedAnswer, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';
import { AGENT_TOKEN } from './acting-agent.ts';
import { type Harness, openHarness } from './harness.ts';
import { startMemoryServer } from './memory-server.ts';

const MAIN = fileURLToPath(new URL('../../../embedded-agent/src/main.ts', import.meta.url));

export interface EmbeddedWorld {
  moby: Harness;
  model: FakeModel;
  /** Data folder of the memory server. */
  memoryHome: string;
  /** The owner's soul.yaml, as it stands. */
  soul(): string;
  /** The owner edits it. */
  writeSoul(text: string): void;
  /** Starts the agent anew on what the owner's file says, as a reload does. */
  restartAgent(): Promise<void>;
  /** The question that waits, once there is one. */
  asked(): Promise<Question>;
  answer(id: string, body: object): ReturnType<Harness['call']>;
}

export interface EmbeddedWorldOptions {
  /** `permissions` and what else stands at the end of soul.yaml. */
  rest?: string;
  /** The agent has the memory server's tools, too. */
  withMemory?: boolean;
  /** Of the model, as soul.yaml names it. */
  contextSize?: number;
  /** Items of the agent's toolsets, each on a line of its own with its dash. */
  toolsets?: string;
  script: Parameters<typeof startFakeModel>[0];
}

export async function embeddedWorld({
  rest = '',
  toolsets = '',
  withMemory = false,
  contextSize,
  script,
}: EmbeddedWorldOptions): Promise<EmbeddedWorld> {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const memory = await startMemoryServer();
  const soulFile = join(memory.home, 'soul.yaml');
  const tools = toolsets + (withMemory ? memoryToolset(memory.url) : '');
  writeFileSync(soulFile, soulText(model.baseUrl, tools, rest, contextSize));
  const folder = temporaryFolder();
  const agentSocket = join(folder, 'agent.sock');
  let agent = await startAgent(soulFile, folder, agentSocket);
  const moby = await openHarness({ agentUrl: `unix://${agentSocket}`, env: memory.env });
  const open = async (): Promise<Question[]> => (await moby.call('GET', '/api/questions')).body.items;
  return {
    moby,
    model,
    memoryHome: memory.home,
    soul: () => readFileSync(soulFile, 'utf8'),
    writeSoul: (text) => writeFileSync(soulFile, text),
    async restartAgent() {
      const gone = once(agent, 'exit');
      agent.kill('SIGTERM');
      await gone;
      agent = await startAgent(soulFile, folder, agentSocket);
    },
    // Long, since a command of the terminal takes its time to start.
    asked: () => until('a question', async () => (await open())[0], 60_000),
    answer: (id, body) => moby.call('POST', `/api/questions/${id}/answer`, { body }),
  };
}

/** An answer of the model that calls one tool. */
export function calls(name: string, args: object): ScriptedAnswer {
  return { toolCalls: [{ id: `call_${Math.random()}`, name, arguments: JSON.stringify(args) }] };
}

function memoryToolset(url: string): string {
  return `      - type: mcp
        remote:
          url: ${url}/mcp
          transport_type: streamable
          headers: { Authorization: "Bearer ${AGENT_TOKEN}", X-Moby-Turn: "\${headers.X-Moby-Turn}" }
`;
}

export function soulText(baseUrl: string, toolsets: string, rest: string, contextSize?: number): string {
  const window = contextSize === undefined ? '' : `, provider_opts: { context_size: ${contextSize} }`;
  return `# The owner's own file.
version: "7"
providers: { fake: { base_url: "${baseUrl}" } }
models: { main: { provider: fake, model: fake-1, max_tokens: 1000${window} } }
agents:
  root:
    model: main
    description: Moby
    instruction: You are Moby.
    toolsets:
      - type: shell
${toolsets}${rest}`;
}

export async function startAgent(soul: string, folder: string, socket: string): Promise<ChildProcess> {
  const args = [
    MAIN,
    'serve',
    'api',
    soul,
    '--listen',
    `unix://${socket}`,
    '--session-db',
    join(folder, 'session.db'),
  ];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...args, '--working-dir', folder],
    {
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece;
  });
  await until('the agent to listen', () => /^Listening on /m.test(output), 30_000);
  return child;
}
