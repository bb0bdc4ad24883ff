/** What the tests of this part share: the agent behind its real HTTP server, and a client that reads its streams. */
import { writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import type { CagentEvent, StoredSession } from '@mobyclaw/protocol/cagent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import { Agent, type AgentOptions } from '../agent.ts';
import { createAgentServer } from '../http/server.ts';
import { SessionStore } from '../store/session-store.ts';

export interface TestAgent {
  readonly url: string;
  readonly folder: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same, with the body as it came: a run's is no JSON. */
  raw(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }>;
  newSession(options?: Record<string, unknown>): Promise<string>;
  /** Runs one prompt to its end; `onEvent` sees each event as it arrives. */
  run(sessionId: string, message: unknown, options?: RunOptions): Promise<CagentEvent[]>;
  stored(sessionId: string): Promise<StoredSession>;
}

export interface Answer {
  status: number;
  body: unknown;
}

export interface RunOptions {
  /** Which of the agents in soul.yaml. */
  agentName?: string;
  headers?: Record<string, string>;
  onEvent?: (event: CagentEvent) => void;
  signal?: AbortSignal;
}

export async function startAgent(
  soul: string,
  options: Partial<AgentOptions> & { token?: string; folder?: string } = {},
): Promise<TestAgent> {
  const folder = options.folder ?? temporaryFolder();
  const soulPath = join(folder, 'soul.yaml');
  writeFileSync(soulPath, soul);
  const store = new SessionStore(join(folder, 'session.db'));
  const clock = options.clock ?? systemClock;
  const agent = new Agent({
    soulPath,
    store,
    clock,
    environment: { PATH: process.env.PATH, HOME: folder },
    workingDir: folder,
    maxRetries: 0,
    ...options,
  });
  const errors: unknown[] = [];
  const server = createAgentServer({
    agent,
    store,
    clock,
    token: options.token,
    loopback: true,
    onError: (error) => errors.push(error),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.close();
    await agent.close();
    server.closeAllConnections();
    store.close();
  });
  return testClient(url, folder);
}

export function testClient(url: string, folder: string): TestAgent {
  const call: TestAgent['call'] = async (method, path, body, headers = {}) => {
    const response = await send(method, url + path, body, headers);
    const text = await readAll(response);
    return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    url,
    folder,
    call,
    async raw(method, path, body) {
      const response = await send(method, url + path, body, {});
      return { status: response.statusCode ?? 0, body: await readAll(response) };
    },
    async newSession(options = { tools_approved: true }) {
      return ((await call('POST', '/api/sessions', options)).body as { id: string }).id;
    },
    async run(sessionId, message, { agentName, headers = {}, onEvent, signal } = {}) {
      const path = `/api/sessions/${sessionId}/agent/soul${agentName === undefined ? '' : `/${agentName}`}`;
      const content = typeof message === 'string' ? { role: 'user', content: message } : message;
      const response = await send('POST', url + path, [content], headers, signal);
      if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${await readAll(response)}`);
      const events: CagentEvent[] = [];
      let rest = '';
      response.setEncoding('utf8');
      for await (const piece of response) {
        const lines = (rest + piece).split('\n\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const event = JSON.parse(line.slice('data: '.length)) as CagentEvent;
          events.push(event);
          onEvent?.(event);
        }
      }
      return events;
    },
    async stored(sessionId) {
      return (await call('GET', `/api/sessions/${sessionId}`)).body as StoredSession;
    },
  };
}

function send(
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const type = text === undefined ? {} : { 'Content-Type': 'application/json' };
    const request = httpRequest(url, {
      method,
      agent: false,
      headers: {
        ...type,
        ...(text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) }),
        ...headers,
      },
      ...(signal ? { signal } : {}),
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(text);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** A soul.yaml in front of a fake model, and of an MCP server where `mcpUrl` names one. */
export function fakeSoul(
  baseUrl: string,
  extra: { mcpUrl?: string; agent?: string; toolsets?: string; rest?: string } = {},
): string {
  const mcp = extra.mcpUrl
    ? `
      - type: mcp
        remote:
          url: ${extra.mcpUrl}
          transport_type: streamable
          headers: { X-Moby-Session: "\${headers.X-Moby-Session}", Authorization: "Bearer \${env.MCP_TOKEN}" }`
    : '';
  const toolsets = mcp || extra.toolsets ? `\n    toolsets:${mcp}${extra.toolsets ?? ''}` : '';
  return `version: "7"
providers: { fake: { base_url: "${baseUrl}" } }
models: { main: { provider: fake, model: fake-1, max_tokens: 1000 } }
agents:
  root:
    model: main
    description: Moby
    welcome_message: Hello, I am Moby.
    instruction: You are Moby.${extra.agent ? `\n${extra.agent}` : ''}${toolsets}
${extra.rest ?? ''}`;
}

/** Text of the answer as streamed. */
export function textOf(events: readonly CagentEvent[]): string {
  return events.map((event) => (event.type === 'agent_choice' ? event.content : '')).join('');
}

export function ofType<TYPE extends CagentEvent['type']>(
  events: readonly CagentEvent[],
  type: TYPE,
): Array<Extract<CagentEvent, { type: TYPE }>> {
  return events.filter((event): event is Extract<CagentEvent, { type: TYPE }> => event.type === type);
}
