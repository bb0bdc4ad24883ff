import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { newMoby } from './moby.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TOKEN = 'a-token-for-the-conformance-tests';
/** Those of the suite that hold for any server; the others need tools made for them. */
const SCENARIOS = ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'];

/** The suite cannot send a token; this adds it and passes everything else on as it came. */
async function withToken(target: string, token: string): Promise<string> {
  const { hostname, port } = new URL(target);
  const proxy = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const { url, method } = incoming;
    const forwarded = request({ host: hostname, port, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`;
}

function conformance(url: string, scenario: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const program = join(ROOT, 'node_modules/.bin/conformance');
    const args = [program, 'server', '--url', url, '--scenario', scenario, '-o', temporaryFolder()];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Starts an MCP server of ours from its source. @returns its address */
function startServer(part: 'memory' | 'workspace', environment: Record<string, string>): Promise<string> {
  const main = join(ROOT, `mcp-servers/${part}/src/main.ts`);
  const secrets = {
    MOBYCLAW_MCP_TOKEN: TOKEN,
    MOBYCLAW_MEMORY_TOKEN: 'the-token-of-the-gateway',
    MOBYCLAW_CAPABILITY_KEY: 'the-key-that-signs-capabilities',
  };
  const { child, url } = spawnServer(main, { ...environment, ...secrets });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return url();
}

async function expectConformance(url: string): Promise<void> {
  for (const scenario of SCENARIOS) {
    const { code, output } = await conformance(url, scenario);
    expect([scenario, code, output]).toEqual([
      scenario,
      0,
      expect.stringMatching(/Passed: [1-9]\d*\/\d+, 0 failed/),
    ]);
  }
}

test('the memory server conforms to MCP', async () => {
  const env = { MOBYCLAW_HOME: temporaryFolder(), MOBYCLAW_MEMORY_LISTEN: '127.0.0.1:0' };
  await expectConformance(await withToken(await startServer('memory', env), TOKEN));
}, 300_000);

test('the workspace server conforms to MCP', async () => {
  const folder = join(temporaryFolder(), 'notes');
  mkdirSync(folder);
  const workspaces = JSON.stringify({ notes: { path: folder, mode: 'rw' } });
  const env = { MOBYCLAW_WORKSPACES: workspaces, MOBYCLAW_WORKSPACE_LISTEN: '127.0.0.1:0' };
  await expectConformance(await withToken(await startServer('workspace', env), TOKEN));
}, 300_000);

test('the gateway conforms to MCP', async () => {
  const moby = await newMoby();
  expect((await moby.cli(['up', '--local'])).code).toBe(0);
  const token = readFileSync(join(moby.home, 'gateway/cli-token'), 'utf8').trim();
  await expectConformance(await withToken(`http://127.0.0.1:${moby.port}`, token));
}, 300_000);
