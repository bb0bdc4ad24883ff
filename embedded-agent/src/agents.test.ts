/** Several agents in one soul.yaml: each by its name, with a model and tools of its own. */
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { afterTools, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent, textOf } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

const READ = { id: 'call_1', name: 'memory_read', arguments: '{}' };

async function start(heartbeatModel = 'small') {
  const model = await startFakeModel((request) => {
    const names = request.tools?.map((tool) => tool.function.name) ?? [];
    if (names.includes(READ.name) && !afterTools(request)) return { toolCalls: [READ] };
    return { text: [`${request.model} with ${names.join(',')}`] };
  });
  const tools = await startMcpServer({
    memory_read: {
      description: 'Read',
      inputSchema: { type: 'object', properties: {} },
      call: () => textResult('nothing'),
    },
  });
  onTestFinished(async () => {
    await model.close();
    await tools.close();
  });
  const agent = await startAgent(`version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models:
  big: { provider: fake, model: big-1 }
  small: { provider: fake, model: small-1 }
agents:
  root: &root
    model: big
    description: Moby
    instruction: You are Moby.
    toolsets:
      - type: mcp
        remote:
          url: ${tools.url}
          transport_type: streamable
          headers: { X-Moby-Turn: "\${headers.X-Moby-Turn}" }
      - type: think
  heartbeat:
    <<: *root
    model: ${heartbeatModel}
    description: Looks after things
  bare: { model: small }
permissions: { allow: ["*"] }
`);
  const run = (session: string, name?: string): Promise<CagentEvent[]> =>
    agent.run(session, 'hello', {
      headers: { 'X-Moby-Turn': `turn-of-${name ?? 'root'}` },
      ...(name === undefined ? {} : { agentName: name }),
    });
  return { model, tools, agent, run };
}

it('are listed, and each tells how many tools it has', async () => {
  const { agent } = await start();
  expect((await agent.call('GET', '/api/agents')).body).toEqual([
    { name: 'soul', description: 'Moby', multi: true, model_per_run: true },
  ]);
  const { agents } = (await agent.call('GET', '/api/agents/soul')).body as { agents: object[] };
  expect(agents).toMatchObject([
    { Name: 'root', model: 'big' },
    { Name: 'heartbeat', model: 'small', instruction: 'You are Moby.' },
    { Name: 'bare' },
  ]);
  const count = async (name: string) =>
    (await agent.call('GET', `/api/agents/soul/${name}/tools/count`)).body;
  expect(await count('root')).toEqual({ available_tools: 2 });
  expect(await count('heartbeat')).toEqual({ available_tools: 2 });
  expect(await count('bare')).toEqual({ available_tools: 0 });
  expect(await count('nobody')).toEqual({
    message:
      'failed to get agent tool count: agent not found: nobody (available agents: root, heartbeat, bare)',
  });
});

it('run with their own model and tools, and say in every event who they are', async () => {
  const { agent, tools, run } = await start();
  const session = await agent.newSession();
  const events = await run(session, 'heartbeat');
  expect(violations(events, { cut: false })).toEqual([]);
  expect(textOf(events)).toBe('small-1 with memory_read,think');
  expect(ofType(events, 'agent_info')[0]).toMatchObject({
    agent_name: 'heartbeat',
    model: 'fake/small-1',
    description: 'Looks after things',
  });
  expect(ofType(events, 'team_info')[0]).toMatchObject({
    current_agent: 'heartbeat',
    available_agents: [
      { name: 'root', provider: 'fake', model: 'big-1' },
      { name: 'heartbeat', provider: 'fake', model: 'small-1' },
      { name: 'bare' },
    ],
  });
  const nameless = new Set(['user_message', 'session_title']);
  const speakers = events.filter(({ type }) => !nameless.has(type)).map((event) => event.agent_name);
  expect(new Set(speakers)).toEqual(new Set(['heartbeat']));
  const names = (await agent.stored(session)).messages?.map(({ agentName }) => agentName);
  expect(names).toEqual(['', 'heartbeat', 'heartbeat', 'heartbeat']);
  const call = tools.calls.find(({ method }) => method === 'tools/call');
  expect(call?.headers['x-moby-turn']).toBe('turn-of-heartbeat');
  expect(textOf(await run(await agent.newSession()))).toBe('big-1 with memory_read,think');
  expect(textOf(await run(await agent.newSession(), 'bare'))).toBe('small-1 with ');
});

it('keep the conversation that they began, whatever a later run names', async () => {
  const { agent, run } = await start();
  const session = await agent.newSession();
  await run(session, 'bare');
  expect(ofType(await run(session), 'agent_info')[0]?.agent_name).toBe('bare');
  await expect(run(await agent.newSession(), 'nobody')).rejects.toThrow(
    /500 .*failed to run session: agent not found: nobody \(available agents: root, heartbeat, bare\)/,
  );
});

it('with a model that does not exist are told of before anybody asks them; root goes on', async () => {
  const { agent, run } = await start('smal');
  expect((await agent.call('GET', '/api/agents/soul/root/tools/count')).body).toEqual({
    message: expect.stringContaining('agents.heartbeat.model: "smal" is neither an entry of models'),
  });
  expect(textOf(await run(await agent.newSession()))).toContain('big-1');
});
