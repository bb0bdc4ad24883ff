/** `handoffs`: the conversation goes to another agent within the same run, and stays with it. */
import { type ModelRequest, type ScriptedAnswer, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { expect, it, onTestFinished } from 'vitest';
import { parseSoul } from './soul/load.ts';
import { ofType, startAgent, textOf } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

const hand = (agent: string): ScriptedAnswer => ({
  toolCalls: [{ id: `call_${agent}`, name: 'handoff', arguments: JSON.stringify({ agent }) }],
});

async function start(script: (request: ModelRequest) => ScriptedAnswer, more = '') {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const agent = await startAgent(`version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models:
  main: { provider: fake, model: main-1 }
  expert: { provider: fake, model: expert-1 }
agents:
  root: { model: main, description: Moby, instruction: You are Moby., handoffs: [tax], toolsets: [{ type: think }] }
  tax: { model: expert, description: knows taxes, instruction: You are the tax expert., handoffs: [root] }
${more}
permissions: { deny: ["nothing"] }
`);
  return { agent, model, session: await agent.newSession() };
}

it('the other agent goes on with its own model and instruction, reads all of it, and keeps the session', async () => {
  const { agent, model, session } = await start(({ model: name }) =>
    name === 'main-1' ? hand('tax') : { text: ['Pay less.'] },
  );
  const events = await agent.run(session, 'My taxes, please');
  expect(violations(events, { cut: false })).toEqual([]);
  expect(ofType(events, 'tool_call_confirmation')).toEqual([]);
  expect(textOf(events)).toBe('Pay less.');
  expect(ofType(events, 'agent_choice')[0]).toMatchObject({ agent_name: 'tax', session_id: session });
  expect(ofType(events, 'token_usage').map(({ usage }) => usage?.last_message?.Model)).toEqual([
    'fake/main-1',
    'fake/expert-1',
  ]);
  expect(ofType(events, 'stream_stopped')).toHaveLength(1);
  const [asked, told] = model.requests;
  expect(JSON.stringify(asked?.messages[0])).toContain('- tax: knows taxes');
  expect(told?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
  expect(JSON.stringify(told?.messages[0])).toMatch(/tax expert.*- root: Moby/);
  expect(told?.tools?.map((tool) => tool.function.name)).toEqual(['handoff']);
  const stored = (await agent.stored(session)).messages ?? [];
  expect(stored.map(({ agentName, message }) => `${agentName}:${message.role}`)).toEqual([
    ':user',
    'root:assistant',
    'root:tool',
    'tax:assistant',
  ]);

  const again = await agent.run(session, 'And next year?');
  expect(model.requests[2]?.model).toBe('expert-1');
  expect(ofType(again, 'agent_choice')[0]).toMatchObject({ agent_name: 'tax' });
});

it('agents that hand on to each other without end are ended, with an answer', async () => {
  const { agent, model, session } = await start((request) => {
    const last = JSON.stringify(request.messages.at(-1));
    if (last.includes('times already')) return { text: ['Enough.'] };
    return hand(request.model === 'main-1' ? 'tax' : 'root');
  });
  const events = await agent.run(session, 'go');
  expect(textOf(events)).toBe('Enough.');
  expect(model.requests).toHaveLength(12);
});

it('one that does not exist is told at the start, and an agent that was handed nothing has no such tool', async () => {
  const soul = (handoffs: string): string =>
    `agents:\n  root:\n    model: openai/x\n    handoffs: [${handoffs}]\n`;
  expect(() => parseSoul(soul('nobody'), 'soul.yaml')).toThrow(/there is no agent "nobody"/);
  expect(() => parseSoul(soul('root'), 'soul.yaml')).toThrow(/does not hand on to itself/);
});
