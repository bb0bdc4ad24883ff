import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

async function mcp() {
  const home = temporaryFolder();
  const api = await startApi(home);
  const token = { id: 't1', name: 'mcp', createdAt: '2026-01-02T03:04:05Z', token: 's3cret' };
  api.on('POST /api/tokens', ({ body }) => ({ status: 201, body: { ...token, ...(body as object) } }));
  return { api, cli: (...args: string[]) => runCli(['mcp', ...args], { home, port: api.port }) };
}

test('mcp alone makes nothing; with --setup there is an entry for each client, with a token that only reads', async () => {
  const { api, cli } = await mcp();
  const url = `http://127.0.0.1:${api.port}/mcp`;
  expect((await cli()).stdout).toBe(`${url}\n`);
  expect(api.seen).toEqual([]);
  const { code, stdout, stderr } = await cli('--setup');
  expect(code).toBe(0);
  expect(api.seen.map(({ body }) => body)).toEqual([{ name: 'mcp', scope: 'read' }]);
  for (const text of ['claude_desktop_config.json', '~/.cursor/mcp.json', 'VS Code', 'streamable-http']) {
    expect(stdout).toContain(text);
  }
  expect(stdout.match(/Bearer s3cret/g)).toHaveLength(4);
  expect(stderr).toContain('token revoke t1');
});

test('--json: the address for a script, with --setup the entries beside it', async () => {
  const { api, cli } = await mcp();
  const url = `http://127.0.0.1:${api.port}/mcp`;
  expect(JSON.parse((await cli('--json')).stdout)).toEqual({ url });
  expect(api.seen).toEqual([]);
  const made = JSON.parse((await cli('--setup', '--client', 'cursor', '--json')).stdout);
  expect(made).toMatchObject({ url, token: 't1', scope: 'read', entries: [{ file: '~/.cursor/mcp.json' }] });
});

test('of one client the JSON alone goes to stdout', async () => {
  const { api, cli } = await mcp();
  const { stdout } = await cli('setup', '--client', 'vscode', '--scope', 'admin', '--name', 'editor');
  expect(JSON.parse(stdout)).toEqual({
    servers: {
      moby: {
        type: 'http',
        url: `http://127.0.0.1:${api.port}/mcp`,
        headers: { Authorization: 'Bearer s3cret' },
      },
    },
  });
  expect(api.seen.at(-1)?.body).toEqual({ name: 'editor', scope: 'admin' });
});

test('nothing is made for what is not understood', async () => {
  const { api, cli } = await mcp();
  for (const args of [['--setup', '--client', 'x'], ['--setup', '--scope', 'agent'], ['set']]) {
    expect([args, (await cli(...args)).code]).toEqual([args, 2]);
  }
  expect(api.seen).toEqual([]);
});
