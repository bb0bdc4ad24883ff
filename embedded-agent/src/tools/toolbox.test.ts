/** All tools of an agent: those of several servers beside each other. */
import { systemClock } from '@mobyclaw/lib/clock';
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

async function offered(toolsets: unknown[]) {
  const soul = soulSchema.parse({ agents: { root: { model: 'a/b', toolsets } } });
  const workingDir = temporaryFolder();
  const todos = { todos: () => [], setTodos: () => undefined };
  const environment = { PATH: process.env.PATH };
  const toolbox = new Toolbox(soul, soul.agents.root.toolsets ?? [], {
    environment,
    workingDir,
    clock: systemClock,
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
  return { offer, said: await Promise.all(said) };
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
