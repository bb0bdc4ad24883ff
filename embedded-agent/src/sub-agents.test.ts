/** `sub_agents`: a task that another agent does within the same run, with cagent's events, and what holds there. */
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import {
  afterTools,
  type ModelRequest,
  type ScriptedAnswer,
  startFakeModel,
} from '@mobyclaw/testkit/fake-model';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent, textOf } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

const TASK = { agent: 'reader', task: 'find facts', expected_output: 'facts' };
const transfer = (agent = 'reader'): ScriptedAnswer => ({
  toolCalls: [{ id: 'call_t', name: 'transfer_task', arguments: JSON.stringify({ ...TASK, agent }) }],
});
const pay: ScriptedAnswer = { toolCalls: [{ id: 'call_p', name: 'pay', arguments: '{}' }] };

/** @param reader what the reader's model says */
async function start(
  reader: (request: ModelRequest) => ScriptedAnswer,
  { permissions = 'allow: ["*"]', more = '' } = {},
) {
  const model = await startFakeModel((request) => {
    if (request.model === 'reader-1') return reader(request);
    return afterTools(request) ? { text: ['The reader reports.'] } : transfer();
  });
  const tools = await startMcpServer({
    pay: {
      description: 'Pay',
      inputSchema: { type: 'object', properties: {} },
      call: () => textResult('paid'),
    },
  });
  onTestFinished(async () => {
    await model.close();
    await tools.close();
  });
  const agent = await startAgent(`version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models:
  main: { provider: fake, model: main-1 }
  reader: { provider: fake, model: reader-1 }
agents:
  root: { model: main, description: Moby, instruction: You are Moby., sub_agents: [reader] }
  reader:
    model: reader
    description: finds facts
    instruction: You read.
    toolsets:
      - type: mcp
        remote:
          url: ${tools.url}
          transport_type: streamable
          headers: { X-Moby-Turn: "\${headers.X-Moby-Turn}" }
${more}
permissions: { ${permissions} }
`);
  const session = await agent.newSession({ tools_approved: false });
  return { agent, model, tools, session };
}

const typesOf = (events: CagentEvent[]): string[] => [...new Set(events.map(({ type }) => type))];

it('runs to its end within the run, by itself, and its last words are the result', async () => {
  const { agent, model, session } = await start(() => ({ text: ['Water boils ', 'at 100.\n'] }));
  const events = await agent.run(session, 'delegate please');
  expect(violations(events, { cut: false })).toEqual([]);
  const [from, to] = ofType(events, 'agent_switching');
  expect(from).toMatchObject({
    switching: true,
    from_agent: 'root',
    to_agent: 'reader',
    agent_name: 'reader',
  });
  expect(to).toMatchObject({ switching: false, from_agent: 'reader', to_agent: 'root', agent_name: 'root' });
  const [, sub] = ofType(events, 'stream_started');
  expect(sub).toMatchObject({ agent_name: 'reader' });
  expect(sub?.session_id).not.toBe(session);
  const said = ofType(events, 'agent_choice').filter(({ session_id }) => session_id === sub?.session_id);
  expect(textOf(said)).toBe('Water boils at 100.\n');
  expect(ofType(events, 'token_usage').map(({ usage }) => usage?.last_message?.Model)).toEqual([
    'fake/main-1',
    'fake/reader-1',
    'fake/main-1',
  ]);
  expect(ofType(events, 'sub_session_completed')).toMatchObject([
    {
      agent_name: 'root',
      parent_session_id: session,
      sub_session: { id: sub?.session_id, title: 'Transferred task' },
    },
  ]);
  expect(ofType(events, 'tool_call_response')).toMatchObject([{ response: 'Water boils at 100.' }]);
  // cagent 1.32.3 tells how many tools there are also of an agent without toolsets.
  expect(ofType(events, 'toolset_info')).toMatchObject([
    { agent_name: 'root', available_tools: 1 },
    { agent_name: 'root', available_tools: 1 },
    { agent_name: 'reader' },
    { agent_name: 'reader' },
    { agent_name: 'root', available_tools: 1 },
  ]);
  expect(typesOf(events)).not.toContain('error');
  const [, asked, told] = model.requests;
  expect(asked?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
  const system = JSON.stringify(asked?.messages[0]);
  expect(system).toMatch(/find facts.*facts.*You read\./);
  expect(JSON.stringify(asked)).not.toContain('delegate please');
  expect(JSON.stringify(told)).not.toContain('Please proceed');
});

it('is stored with the conversation, which does not read it the next time', async () => {
  const { agent, model, session } = await start(() => ({ text: ['Secretly wordy.'] }));
  await agent.run(session, 'one');
  const stored = (await agent.stored(session)).messages ?? [];
  expect(stored.map(({ agentName, message }) => `${agentName}:${message.role}`)).toEqual([
    ':user',
    'root:assistant',
    'reader:assistant',
    'root:tool',
    'root:assistant',
  ]);
  model.requests.length = 0;
  await agent.run(session, 'two');
  const roles = model.requests[0]?.messages.map(({ role }) => role);
  expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user']);
});

it('has the permissions and the identity of the run: what is denied stays so, what is asked is asked of the same person', async () => {
  const say = (request: ModelRequest): ScriptedAnswer => (afterTools(request) ? { text: ['Done.'] } : pay);
  const denied = await start(say, { permissions: 'allow: ["*"], deny: [pay]' });
  await denied.agent.run(denied.session, 'go');
  expect(denied.tools.calls.filter(({ method }) => method === 'tools/call')).toEqual([]);

  const asked = await start(say, { permissions: 'allow: [transfer_task]' });
  const events = await asked.agent.run(asked.session, 'go', {
    headers: { 'X-Moby-Turn': 'turn-of-a-guest' },
    onEvent: (event) => {
      if (event.type !== 'tool_call_confirmation') return;
      expect(event).toMatchObject({ agent_name: 'reader', tool_call: { function: { name: 'pay' } } });
      void asked.agent.call('POST', `/api/sessions/${asked.session}/resume`, { confirmation: 'approve' });
    },
  });
  expect(ofType(events, 'tool_call_confirmation')).toHaveLength(1);
  const [call] = asked.tools.calls.filter(({ method }) => method === 'tools/call');
  expect(call?.headers['x-moby-turn']).toBe('turn-of-a-guest');
});

it('that fails is a failed call, and the run goes on', async () => {
  const { agent, session } = await start(() => ({ status: 401, body: { error: { message: 'no' } } }));
  const events = await agent.run(session, 'go');
  expect(violations(events, { cut: false })).toEqual([]);
  expect(ofType(events, 'tool_call_response')[0]).toMatchObject({
    response: expect.stringMatching(/^Error: the agent reader failed: all models failed: .*401/),
    result: { isError: true },
  });
  expect(ofType(events, 'error')).toEqual([]);
  expect(textOf(events)).toBe('The reader reports.');
});

it('hands a task on at most three deep', async () => {
  const { agent, session } = await start(
    (request) => {
      const tool = request.tools?.find(({ function: { name } }) => name === 'transfer_task');
      if (!tool || afterTools(request)) return { text: ['Done.'] };
      return transfer(/"enum":\["(\w+)"/.exec(JSON.stringify(tool))?.[1]);
    },
    { more: '    sub_agents: [second]\n  second: { model: reader, sub_agents: [reader] }' },
  );
  const events = await agent.run(session, 'go');
  const speakers = ofType(events, 'stream_started').map(({ agent_name }) => agent_name);
  expect(speakers).toEqual(['root', 'reader', 'second', 'reader']);
  expect(ofType(events, 'tool_call_response').map(({ response }) => response)).toEqual([
    'Done.',
    'Done.',
    'Done.',
  ]);
});

it('ends with the run: nothing of it goes on where the client has left', async () => {
  const gate = Promise.withResolvers<void>();
  const { agent, model, session } = await start(() => ({ text: ['Slow'], beforePiece: () => gate.promise }));
  const left = new AbortController();
  const run = agent.run(session, 'go', { signal: left.signal }).catch((error: unknown) => error);
  await until('the task', () => model.requests.length === 2);
  left.abort();
  await run;
  await until('the end of its model call', () => model.abandoned === 1);
  gate.resolve();
  await until(
    'the end of the run',
    async () => (await agent.call('DELETE', `/api/sessions/${session}`)).status === 200,
  );
});
