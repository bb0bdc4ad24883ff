/** The server as a real process, spoken to by the protocol's own client and by plain HTTP. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callMcp as call, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { type ServerProcess, spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const TOKEN = '0123456789abcdef0123';

function launch(environment: Record<string, string>): ServerProcess {
  const server = spawnServer(MAIN, {
    MOBYCLAW_MCP_TOKEN: TOKEN,
    MOBYCLAW_WORKSPACE_LISTEN: '127.0.0.1:0',
    MOBYCLAW_ALLOWED_HOSTS: 'workspace',
    ...environment,
  });
  onTestFinished(() => {
    server.child.kill('SIGKILL');
  });
  return server;
}

interface Started {
  child: ChildProcess;
  output: () => string;
  url: string;
  /** Folder of the workspaces' folders. */
  base: string;
}

async function start(): Promise<Started> {
  const base = temporaryFolder();
  for (const name of ['notes', 'code', 'outside']) mkdirSync(join(base, name));
  writeFileSync(join(base, 'outside/secret.txt'), 'outside\n');
  const { child, output, url } = launch({
    MOBYCLAW_WORKSPACES: JSON.stringify({
      notes: { path: join(base, 'notes'), mode: 'rw' },
      code: { path: join(base, 'code'), mode: 'ro' },
    }),
  });
  return { child, output, url: await url(), base };
}

async function connect(url: string, client?: Client): Promise<Client> {
  const connected = await connectMcp(url, TOKEN, client);
  onTestFinished(() => connected.close());
  return connected;
}

test('the protocol’s own client lists, writes, reads, edits, moves and deletes', async () => {
  const { url, base, child, output } = await start();
  const client = await connect(url);
  expect(client.getInstructions()).toContain('workspace_list');
  const { tools } = await client.listTools();
  expect(
    tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.destructiveHint]),
  ).toEqual([
    ['workspace_list', true, undefined],
    ['workspace_read', true, undefined],
    ['workspace_search', true, undefined],
    ['workspace_write', false, true],
    ['workspace_edit', false, true],
    ['workspace_move', false, true],
    ['workspace_delete', false, true],
  ]);
  expect((await call(client, 'workspace_list')).text).toMatch(
    /notes\/ \(read and write[\s\S]*code\/ \(read only/,
  );
  await call(client, 'workspace_write', { path: 'notes/todo.md', content: 'buy milk\n' });
  await call(client, 'workspace_edit', { path: 'notes/todo.md', old_text: 'milk', new_text: 'tea' });
  expect((await call(client, 'workspace_read', { path: 'notes/todo.md' })).text).toContain('buy tea');
  await call(client, 'workspace_move', { from: 'notes/todo.md', to: 'notes/done/todo.md' });
  expect(readFileSync(join(base, 'notes/done/todo.md'), 'utf8')).toBe('buy tea\n');
  const refused = await call(client, 'workspace_read', { path: 'notes/../outside/secret.txt' });
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('leads out') });
  expect((await call(client, 'workspace_write', { path: 'code/a', content: '' })).isError).toBe(true);
  expect((await call(client, 'workspace_delete', { path: 'notes/done', recursive: true })).isError).toBe(
    false,
  );
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect(output()).not.toMatch(new RegExp(`${TOKEN}|milk|todo\\.md`)); // neither secrets nor what was said
});

test.skipIf(!requireTool('rg'))('it searches with ripgrep', async () => {
  const { url, base } = await start();
  writeFileSync(join(base, 'code/a.ts'), 'const needle = 1;\n');
  const client = await connect(url);
  expect(await call(client, 'workspace_search', { query: 'needle' })).toEqual({
    text: 'code/a.ts:1: const needle = 1;',
    isError: false,
  });
});

test('an image arrives as an image', async () => {
  const { url, base } = await start();
  const gif = Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64');
  writeFileSync(join(base, 'notes/dot.gif'), gif);
  const client = await connect(url);
  const { content } = await client.callTool({ name: 'workspace_read', arguments: { path: 'notes/dot.gif' } });
  expect(content).toEqual([
    { type: 'text', text: expect.stringContaining('image/gif') },
    { type: 'image', mimeType: 'image/gif', data: gif.toString('base64') },
  ]);
});

test('a workspace whose folder is not there is named in the log, and the others are served', async () => {
  const base = temporaryFolder();
  mkdirSync(join(base, 'notes'));
  writeFileSync(join(base, 'file'), '');
  const { url, output } = launch({
    MOBYCLAW_WORKSPACES: JSON.stringify({
      gone: { path: join(base, 'gone'), mode: 'rw' },
      under: { path: join(base, 'file/under'), mode: 'rw' }, // a file stands where a folder stood
      notes: { path: join(base, 'notes'), mode: 'rw' },
    }),
  });
  const client = await connect(await url());
  expect((await call(client, 'workspace_list', { path: 'notes' })).text).toBe('notes/ is empty.');
  for (const name of ['gone', 'under']) {
    expect(output()).toMatch(new RegExp(`"workspace":"${name}".*the folder of a workspace is not there`));
    expect(await call(client, 'workspace_list', { path: name })).toMatchObject({
      isError: true,
      text: expect.stringContaining(`The folder of the workspace ${name} is not there`),
    });
  }
  expect(output()).not.toContain('"workspace":"notes"');
});

test('roots of a client are not asked for and change nothing', async () => {
  const { url, base } = await start();
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: { roots: { listChanged: true } } },
  );
  let asked = 0;
  client.setRequestHandler(ListRootsRequestSchema, () => {
    asked++;
    return { roots: [{ uri: `file://${base}/outside`, name: 'outside' }] };
  });
  await connect(url, client);
  await client.sendRootsListChanged();
  expect((await call(client, 'workspace_list')).text).not.toContain('outside');
  expect((await call(client, 'workspace_read', { path: `${base}/outside/secret.txt` })).isError).toBe(true);
  expect(asked).toBe(0);
});

/** `fetch` would not let a test choose the Host header. */
function post(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/mcp`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  });
}

test('a stranger, a foreign host and a foreign page are refused', async () => {
  const { url } = await start();
  const good = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  expect(await post(url, good)).toBe(200);
  expect(await post(url, { ...good, host: 'workspace:9200' })).toBe(200);
  expect(await post(url, { ...good, authorization: 'Bearer 0123456789abcdef0124' })).toBe(403);
  expect(await post(url, { ...good, authorization: '' })).toBe(403);
  expect(await post(url, { ...good, host: 'evil.example' })).toBe(403);
  expect(await post(url, { ...good, origin: 'https://evil.example' })).toBe(403);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('with a wrong environment it does not start, and says what is wrong', async () => {
  for (const [environment, reason] of [
    [{ MOBYCLAW_MCP_TOKEN: '' }, 'MOBYCLAW_MCP_TOKEN'],
    [{ MOBYCLAW_WORKSPACES: 'notes=/notes' }, 'MOBYCLAW_WORKSPACES'],
  ] as const) {
    const { child, output } = launch(environment);
    expect((await once(child, 'exit'))[0]).toBe(1);
    await until('its reason', () => output().includes(reason));
  }
});
