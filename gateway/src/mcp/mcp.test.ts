import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { ActingAgent, AGENT_TOKEN } from '../testing/acting-agent.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

async function officialClient(moby: Harness, token: string): Promise<Client> {
  const client = await connectMcp(`http://127.0.0.1:${moby.port}`, token);
  onTestFinished(() => client.close());
  return client;
}

async function call(client: Client, name: string, input: object = {}): Promise<string> {
  return (await callMcp(client, name, input)).text;
}

async function names(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

test('the agent gets the tools he acts with; nothing else of the API opens to his token', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN } });
  const client = await officialClient(moby, AGENT_TOKEN);
  const tools = await names(client);
  expect(tools).toContain('now');
  expect(tools).toContain('history_search');
  expect(tools).not.toContain('ask_moby');
  const headers = { authorization: `Bearer ${AGENT_TOKEN}` };
  expect((await moby.call('POST', '/prompt', { headers, body: { prompt: 'hi' } })).status).toBe(403);
  expect((await moby.call('GET', '/api/sessions', { headers })).status).toBe(403);
});

test('time in the owner’s zone, and what was said before', async () => {
  const agent = new ActingAgent();
  const moby = await openHarness({
    env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN, MOBYCLAW_TZ: 'Asia/Kolkata' },
    agent: { script: agent.script },
  });
  agent.port = moby.port;
  const during = async (tool: string, input: object = {}): Promise<string> => {
    const answer = agent.onMessage(`use ${tool}`, tool, input);
    await moby.ask(`use ${tool}`);
    return (await answer).text;
  };
  await moby.ask('The umbrella is violet');
  expect(await during('now')).toMatch(
    /^\w+day \d{4}-\d\d-\d\d \d\d:\d\d GMT\+5:30 \(Asia\/Kolkata\), \d{4}-.*Z$/,
  );
  expect(await during('history_search', { query: 'umbrella' })).toContain('«umbrella»');
  expect(await during('channel_list')).toContain('No chat is connected');
  const message = { channel: 'telegram:dm:1', text: 'hello' };
  expect(await during('message_send', message)).toContain('channel_list');
});

test('an assistant of the owner’s can ask Moby; a token that reads sees only what reads', async () => {
  const moby = await openHarness();
  const admin = await officialClient(moby, moby.token);
  expect(await call(admin, 'ask_moby', { prompt: 'hello from afar' })).toContain('You said: hello from afar');
  expect(await call(admin, 'memory_search', { query: 'x' })).toContain('No memory server is configured');
  const made = await moby.call('POST', '/api/tokens', { body: { name: 'reader', scope: 'read' } });
  const reader = await names(await officialClient(moby, made.body.token));
  expect(reader).toContain('history_search');
  expect(reader).not.toContain('ask_moby');
  expect(reader).not.toContain('message_send');
});

test('a wrong token is refused without a challenge, and there is no session to open or delete', async () => {
  const moby = await openHarness();
  const wrong = await moby.call('POST', '/mcp', { headers: { authorization: 'Bearer wrong' }, body: {} });
  expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([403, undefined]);
  expect((await moby.call('GET', '/mcp')).status).toBe(405);
  expect((await moby.call('DELETE', '/mcp')).status).toBe(405);
  const made = await moby.call('POST', '/api/tokens', { body: { name: 'h', scope: 'hook:x' } });
  const headers = { authorization: `Bearer ${made.body.token}` };
  expect((await moby.call('POST', '/mcp', { headers, body: {} })).status).toBe(403);
});
