/** All tools of an agent: those of several servers beside each other. */
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { soulSchema } from '../soul/schema.ts';
import { Toolbox } from './toolbox.ts';

const inputSchema = { type: 'object' as const, properties: {} };

async function serverSaying(words: string) {
  const server = await startMcpServer({
    search: { description: words, inputSchema, call: () => textResult(words) },
  });
  onTestFinished(() => server.close());
  return server;
}

async function offered(toolsets: unknown[], clock: Clock = systemClock) {
  const soul = soulSchema.parse({ agents: { root: { model: 'a/b', toolsets } } });
  const workingDir = temporaryFolder();
  const todos = { todos: () => [], setTodos: () => undefined };
  const environment = { PATH: process.env.PATH };
  const toolbox = new Toolbox(soul, soul.agents.root, {
    environment,
    workingDir,
    clock,
    todos,
  });
  onTestFinished(() => toolbox.close());
  const offer = await toolbox.offer({ headers: {} });
  const context = {
    sessionId: 's',
    workingDir,
    headers: {},
    signal: new AbortController().signal,
    elicit: async () => ({ action: 'decline' as const }),
    notice: () => undefined,
  };
  const said = [...offer.tools].map(async ([name, tool]) => [
    name,
    tool.definition.name,
    (await tool.call({}, context)).output,
  ]);
  return { offer, toolbox, said: await Promise.all(said) };
}

const remote = (url: string, more = {}) => ({
  type: 'mcp',
  remote: { url, transport_type: 'streamable' },
  ...more,
});

it('keeps the tools of a second server whose names are taken, under names with its own before them', async () => {
  const [one, two] = [await serverSaying('one'), await serverSaying('two')];
  const { said } = await offered([remote(one.url), remote(two.url)]);
  expect(said).toEqual([
    ['search', 'search', 'one'],
    [`_127_0_0_1_${two.port}_search`, `_127_0_0_1_${two.port}_search`, 'two'],
  ]);
});

it('puts the name of a toolset before the names of its tools, as cagent does', async () => {
  const server = await serverSaying('one');
  const { said } = await offered([remote(server.url, { name: 'web', tools: ['search'] })]);
  expect(said).toEqual([['web_search', 'web_search', 'one']]);
});

it('names a server over stdio that does not start, with what it said', async () => {
  const args = ['-e', 'console.error("Set API_KEY first"); process.exit(1)'];
  const { offer } = await offered([{ type: 'mcp', command: process.execPath, args }]);
  expect(offer.failures).toEqual([
    expect.stringMatching(/^mcp\(stdio cmd=.*\) start failed: .*Set API_KEY first/),
  ]);
});

it('is made anew when a server lists other tools or is gone, and only then', async () => {
  const clock = new ManualClock();
  const server = await serverSaying('one');
  const { offer, toolbox } = await offered([remote(server.url), { type: 'think' }], clock);
  const schema = { type: 'object', properties: {} };
  expect(offer.forModel.map(({ name, inputSchema }) => [name, inputSchema.type])).toEqual([
    ['search', 'object'],
    ['think', 'object'],
  ]);
  expect(offer.forModel[0]).toEqual({
    type: 'function',
    name: 'search',
    description: 'one',
    inputSchema: schema,
  });
  expect(await toolbox.offer({ headers: {} })).toBe(offer);

  await server.close();
  const changed = { search: { description: 'half \ud83d', inputSchema, call: () => textResult('') } };
  const again = await startMcpServer(changed, { port: server.port });
  onTestFinished(() => again.close());
  expect(await toolbox.offer({ headers: {} })).toBe(offer); // it is not asked more than once a minute
  await clock.advance(60_000);
  const next = await toolbox.offer({ headers: {} });
  expect(next.forModel.map(({ description }) => description)[0]).toBe('half \ufffd');
  await again.close();
  await clock.advance(60_000);
  expect((await toolbox.offer({ headers: {} })).forModel.map(({ name }) => name)).toEqual(['think']);
  expect(toolbox.failures).toHaveLength(1);
});
