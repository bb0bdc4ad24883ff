/** Half of an emoji in a request spoils it for every provider, and stored it would spoil the session for ever. */
import { join } from 'node:path';
import { afterTools, lastUserText, type ModelRequest, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { SessionStore } from './store/session-store.ts';
import { fakeSoul, startAgent, textOf } from './testing/agent.ts';

const HALF = '\ud83d';
const OUTPUT_CHARS = 30_000;

/** Strings of a request that a provider would refuse. */
function illFormed(value: unknown): string[] {
  if (typeof value === 'string') return value.isWellFormed() ? [] : [value.slice(-10)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [...illFormed(key), ...illFormed(item)]);
}

function toolTexts(request: ModelRequest | undefined): string[] {
  return (request?.messages ?? [])
    .filter(({ role }) => role === 'tool')
    .map(({ content }) => String(content));
}

async function start(call: { name: string; arguments: string }, folder = temporaryFolder()) {
  const model = await startFakeModel((request) =>
    afterTools(request) || lastUserText(request).startsWith('and')
      ? { text: ['done'] }
      : { toolCalls: [{ id: 'call_1', ...call }] },
  );
  onTestFinished(() => model.close());
  const mcp = await startMcpServer({
    broken: {
      description: `Gives half ${HALF}`,
      inputSchema: { type: 'object', properties: { q: { type: 'string', description: HALF } } },
      call: () => ({ ...textResult(`half ${HALF} of it`), structuredContent: { [HALF]: HALF } }),
    },
  });
  onTestFinished(() => mcp.close());
  const agent = await startAgent(
    fakeSoul(model.baseUrl, { mcpUrl: mcp.url, toolsets: '\n      - type: shell\n      - type: filesystem' }),
    { folder },
  );
  return { model, agent };
}

it('cuts what a command prints before an emoji, not within it', async () => {
  const cmd = `head -c ${OUTPUT_CHARS - 1} /dev/zero | tr '\\0' x; printf '😀 and more'`;
  const { model, agent } = await start({ name: 'shell', arguments: JSON.stringify({ cmd }) });
  const id = await agent.newSession();
  expect(textOf(await agent.run(id, 'go'))).toBe('done');
  expect(toolTexts(model.requests[1])[0]).toMatch(/^x{29999}\n\[11 more characters cut\]$/);
  const stored = (await agent.stored(id)).messages ?? [];
  expect(illFormed([model.requests, stored])).toEqual([]);
});

it('sends and stores what an MCP server returned with its halves replaced, descriptions and schemas too', async () => {
  const { model, agent } = await start({ name: 'broken', arguments: '{}' });
  const id = await agent.newSession();
  await agent.run(id, 'go');
  expect(toolTexts(model.requests[1])).toEqual(['half \ufffd of it']);
  expect(illFormed([model.requests, await agent.stored(id)])).toEqual([]);
});

it('heals a session that was stored with halves in it, whoever wrote them', async () => {
  const folder = temporaryFolder();
  const store = new SessionStore(join(folder, 'session.db'));
  const created = { workingDir: null, toolsApproved: true, permissions: null, now: new Date(0) };
  const { id } = store.create(created);
  const call = {
    id: 'call_0',
    type: 'function' as const,
    function: { name: 'shell', arguments: `{"cmd":"${HALF}"}` },
  };
  store.put(id, 0, { agentName: '', message: { role: 'user', content: `hi ${HALF}` } });
  store.put(id, 1, { agentName: 'root', message: { role: 'assistant', content: HALF, tool_calls: [call] } });
  store.put(id, 2, {
    agentName: 'root',
    message: { role: 'tool', content: `x${HALF}`, tool_call_id: 'call_0' },
  });
  store.close();
  const { model, agent } = await start({ name: 'shell', arguments: '{}' }, folder);
  expect(textOf(await agent.run(id, 'and again'))).toBe('done');
  expect(toolTexts(model.requests[0])).toEqual(['x\ufffd']);
  expect(illFormed(model.requests)).toEqual([]);
});
