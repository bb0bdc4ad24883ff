import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { until } from '@mobyclaw/testkit/until';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { AGENT_TOKEN } from '../testing/acting-agent.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

async function client(moby: Harness, token: string): Promise<Client> {
  const found = await connectMcp(`http://127.0.0.1:${moby.port}`, token);
  onTestFinished(() => found.close());
  return found;
}

async function assistant(moby: Harness, scope: string): Promise<string> {
  const { body } = await moby.call('POST', '/api/tokens', { body: { name: `desk-${scope}`, scope } });
  return body.token;
}

test('an assistant with scope admin sees what waits and brings the answer, in its own name', async () => {
  const moby = await openHarness();
  const desk = await client(moby, await assistant(moby, 'admin'));
  const call = async (name: string, input: object = {}) => (await callMcp(desk, name, input)).text;
  expect(await call('list_questions')).toBe('Nothing waits for the owner.');
  const { stream } = await moby.start('confirm tool=shell');
  await until('a question', async () => (await moby.call('GET', '/api/questions')).body.items[0]);
  const asked = JSON.parse(await call('list_questions'));
  expect(asked).toMatchObject({
    kind: 'tool',
    title: 'Moby wants to use shell.',
    details: { tool: 'shell' },
  });
  expect(await call('answer_question', { id: asked.id, option: 'perhaps' })).toContain('once');
  expect(await call('answer_question', { id: asked.id })).toContain('either option or value');
  expect(await call('answer_question', { id: 'a-guess', option: 'once' })).toContain('no question a-guess');
  expect(await call('answer_question', { id: asked.id, option: 'no', reason: 'not today' })).toMatch(
    /^Refused by desk-admin by an assistant at \d\d:\d\d\. Reason: not today$/,
  );
  expect(await call('answer_question', { id: asked.id, option: 'once' })).toContain('not open any more');
  await stream.all();
  expect(moby.agent?.stats().executions).toEqual([]);
  const { body } = await moby.call('GET', `/api/questions/${asked.id}`);
  expect(body.answer).toMatchObject({ door: 'mcp', by: 'desk-admin' });
  expect(JSON.parse(await call('list_questions', { all: true })).outcome).toContain('Refused');
});

test('neither the agent nor a token that reads or talks has these tools', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN } });
  for (const token of [AGENT_TOKEN, await assistant(moby, 'read')]) {
    const { tools } = await (await client(moby, token)).listTools();
    expect(tools.map(({ name }) => name).filter((name) => name.includes('question'))).toEqual([]);
  }
  await expect(client(moby, await assistant(moby, 'chat'))).rejects.toThrow();
});
