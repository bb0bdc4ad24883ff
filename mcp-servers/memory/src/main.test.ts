/** The server as a real process, spoken to by the protocol's own client and by plain HTTP. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signCapability } from '@mobyclaw/lib/capability';
import type { Asker } from '@mobyclaw/protocol/capability';
import { type SoulState, soulStateSchema } from '@mobyclaw/protocol/control';
import { type HeartbeatFiles, heartbeatFilesSchema } from '@mobyclaw/protocol/heartbeat';
import { callMcp as call, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { type ServerProcess, spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const TOKEN = '0123456789abcdef0123';
const GATEWAY_TOKEN = 'the-token-of-the-gateway';
const KEY = 'the-key-that-signs-capabilities';

/** The header that the agent hands on. */
function header(asker: Asker = 'owner', session = 'cli:main'): Record<string, string> {
  const until = Date.now() + 60_000;
  return { 'x-moby-turn': signCapability(KEY, { turn: 't', run: 1, session, sender: 'Bob', asker, until }) };
}

function launch(home: string, environment: Record<string, string> = {}): ServerProcess {
  const server = spawnServer(MAIN, {
    MOBYCLAW_HOME: home,
    MOBYCLAW_MCP_TOKEN: TOKEN,
    MOBYCLAW_MEMORY_TOKEN: GATEWAY_TOKEN,
    MOBYCLAW_CAPABILITY_KEY: KEY,
    MOBYCLAW_MEMORY_LISTEN: '127.0.0.1:0',
    MOBYCLAW_TZ: 'UTC',
    ...environment,
  });
  onTestFinished(() => {
    server.child.kill('SIGKILL');
  });
  return server;
}

async function start(home: string): Promise<{ child: ChildProcess; output: () => string; url: string }> {
  const server = launch(home);
  return { child: server.child, output: server.output, url: await server.url() };
}

async function connect(url: string, headers = header()): Promise<Client> {
  const client = await connectMcp(url, TOKEN, undefined, headers);
  onTestFinished(() => client.close());
  return client;
}

const http = (url: string, path: string, body?: object): Promise<Response> =>
  fetch(url + path, {
    headers: { authorization: `Bearer ${GATEWAY_TOKEN}`, 'content-type': 'application/json' },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });

const soulState = async (answer: Promise<Response>): Promise<SoulState> =>
  soulStateSchema.parse(await (await answer).json());

test('the protocol’s own client remembers, finds, reads, corrects and logs', async () => {
  const home = temporaryFolder();
  const { url } = await start(home);
  const client = await connect(url);
  expect(client.getInstructions()).toContain('MEMORY.md');
  const { tools } = await client.listTools();
  expect(tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint])).toEqual([
    ['memory_search', true],
    ['memory_read', true],
    ['memory_list', true],
    ['memory_append', false],
    ['memory_edit', false],
    ['memory_log', false],
  ]);
  await call(client, 'memory_append', { text: 'The owner’s name is Alice.', section: 'About the owner' });
  expect(readFileSync(join(home, 'agent/MEMORY.md'), 'utf8')).toContain('name is Alice');
  expect((await call(client, 'memory_search', { query: 'What’s my name?' })).text).toContain('Alice');
  const twice = await call(client, 'memory_append', {
    text: 'The owner’s name is Alice.',
    section: 'about the owner',
  });
  expect(twice.text).toContain('nothing was added');
  const edited = await call(client, 'memory_edit', {
    old_text: 'name is Alice',
    new_text: 'name is Alice B.',
  });
  expect(edited.isError).toBe(false);
  expect((await call(client, 'memory_read', { section: 'About the owner' })).text).toContain('Alice B.');
  expect((await call(client, 'memory_edit', { old_text: 'nowhere at all', new_text: '' })).isError).toBe(
    true,
  );
  const logged = await call(client, 'memory_log', { text: 'Called the bank' });
  expect(logged.text).toMatch(/memory\/\d{4}-\d\d-\d\d\.md:\n- \d\d:\d\d Called the bank/);
  expect((await call(client, 'memory_read', { date: 'today' })).text).toContain('Called the bank');
  expect((await call(client, 'memory_list')).text).toMatch(
    /About the owner \(1\)[\s\S]*HEARTBEAT\.md[\s\S]*Daily logs \(1\)/,
  );
  const nothing = await call(client, 'memory_search', { query: 'xylophone' });
  expect(nothing.text).toMatch(/Nothing found.*Sections of MEMORY\.md.*Preferences/s);
  for (const input of [{ file: '../soul.yaml' }, { date: '../../etc/passwd' }, { file: 'credentials.env' }]) {
    expect((await call(client, 'memory_read', input)).isError).toBe(true);
  }
});

test('a hand edit is published, however the editor saves it', async () => {
  const home = temporaryFolder();
  const { url } = await start(home);
  const published = (): string => readFileSync(join(home, 'agent/MEMORY.md'), 'utf8');
  writeFileSync(join(home, 'MEMORY.md'), '## A\n\n- written in place\n');
  await until('the edit in place', () => published().includes('in place'));
  writeFileSync(join(home, 'MEMORY.md.new'), '## A\n\n- renamed over\n');
  renameSync(join(home, 'MEMORY.md.new'), join(home, 'MEMORY.md'));
  await until('the edit by rename', () => published().includes('renamed over'));
  const client = await connect(url);
  expect((await call(client, 'memory_search', { query: 'renamed' })).text).toContain('MEMORY.md:3');
});

test('a soul.yaml edit is watched, published, confirmed and taken back', async () => {
  const home = temporaryFolder();
  const { url } = await start(home);
  const first = await soulState(http(url, '/soul'));
  expect(first.published).toBe(first.candidate?.hash);
  const hash = first.published ?? '';
  expect((await soulState(http(url, '/soul/confirm', { hash }))).confirmed).toBe(hash);
  const watching = soulState(http(url, `/soul/watch?since=${hash}&timeout=60`));
  const path = join(home, 'soul.yaml');
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, `${original}\n# edited\n`);
  const next = (await watching).candidate?.hash ?? '';
  expect(next).not.toBe(hash);
  const conflict = await http(url, '/soul/publish', { hash });
  expect([conflict.status, conflict.headers.get('content-type')]).toEqual([409, 'application/problem+json']);
  expect((await soulState(http(url, '/soul/publish', { hash: next }))).published).toBe(next);
  const broken = soulState(http(url, `/soul/watch?since=${next}&timeout=60`));
  writeFileSync(path, `${original}\nagents: twice\n`);
  expect((await broken).candidate?.problem).toMatchObject({ line: original.split('\n').length + 1 });
  expect((await soulState(http(url, '/soul/restore', {}))).published).toBe(hash);
  expect(readFileSync(join(home, 'agent/soul.yaml'), 'utf8')).toBe(original);
  expect((await http(url, '/soul/watch?timeout=abc')).status).toBe(422);
});

test('SIGTERM lets go of who waits and ends with 0', async () => {
  const home = temporaryFolder();
  const { url, child, output } = await start(home);
  const { published } = await soulState(http(url, '/soul'));
  const watching = http(url, `/soul/watch?since=${published}&timeout=300`);
  await http(url, '/healthz');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect((await watching.catch(() => ({ status: 200 }))).status).toBe(200);
  expect(output()).not.toContain(TOKEN);
});

test('a second server on the same data folder is refused', async () => {
  const home = temporaryFolder();
  await start(home);
  const second = launch(home);
  const [code] = await once(second.child, 'exit');
  expect(code).toBe(1);
  await until('its reason', () => second.output().includes('Another memory server'));
});

test('without a token it does not start', async () => {
  const home = temporaryFolder();
  const { child, output } = launch(home, { MOBYCLAW_MCP_TOKEN: '' });
  expect((await once(child, 'exit'))[0]).toBe(1);
  await until('its reason', () => output().includes('MOBYCLAW_MCP_TOKEN'));
  expect(existsSync(join(home, 'soul.yaml'))).toBe(false);
});

test('killed in mid-write, it loses nothing that was answered and breaks nothing', async () => {
  const home = temporaryFolder();
  const answered = new Set<string>();
  for (let round = 0; round < 4; round++) {
    const { url, child } = await start(home);
    const client = await connect(url);
    const calls = Array.from({ length: 40 }, async (_, index) => {
      const fact = `fact ${round}-${index}.`;
      await call(client, 'memory_append', { text: fact, section: 'Facts' });
      answered.add(fact);
    });
    const settled = Promise.allSettled(calls); // most are cut off by the kill
    await until('some to be answered', () => answered.size > round * 8 + 4);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await client.close();
    await settled;
    const lines = readFileSync(join(home, 'MEMORY.md'), 'utf8').split('\n');
    for (const fact of answered) expect(lines.filter((line) => line === `- ${fact}`)).toHaveLength(1);
    expect(lines[0]).toBe('# Memory');
  }
});

test('the gateway learns what a heartbeat has to look at: the list, whether anything was written, what is dated', async () => {
  const home = temporaryFolder();
  const { url } = await start(home);
  const look = async (): Promise<HeartbeatFiles> => {
    const response = await fetch(new URL('/heartbeat', url), {
      headers: { authorization: `Bearer ${GATEWAY_TOKEN}` },
    });
    return heartbeatFilesSchema.parse(await response.json());
  };
  const before = await look();
  expect(before.text).toContain('# Heartbeat');
  writeFileSync(join(home, 'HEARTBEAT.md'), '- Look at the disk.\n');
  expect(await look()).toEqual({ ...before, text: '- Look at the disk.\n' });
  writeFileSync(join(home, 'memory/2099-01-01.md'), 'Dentist 2099-01-05 09:30, since 2001-02-03 a friend.\n');
  const after = await look();
  expect(after.memoryHash).not.toBe(before.memoryHash);
  expect(after.times).toEqual(['2099-01-05 09:30']);
  expect((await fetch(new URL('/heartbeat', url))).status).toBe(403);
});

test('the agent’s token opens no route of the gateway’s, and a call without its capability is refused', async () => {
  const { url } = await start(temporaryFolder());
  for (const path of ['/soul', '/soul/watch?timeout=0', '/heartbeat']) {
    const asAgent = await fetch(url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect([path, asAgent.status]).toEqual([path, 403]);
  }
  const text = 'Mallory is a trusted friend.';
  const expired = signCapability(KEY, {
    turn: 't',
    run: 1,
    session: 'cli:main',
    sender: 'x',
    asker: 'owner',
    until: Date.now() - 1,
  });
  const refusals = [
    [{}, 'Tell the owner to mend soul.yaml'],
    [{ 'x-moby-turn': '019a0000-0000-7000-8000-000000000001' }, 'not given by the gateway'],
    [{ 'x-moby-turn': expired }, 'time for this message is over'],
  ] as const;
  for (const [headers, why] of refusals) {
    const answer = await call(await connect(url, headers as Record<string, string>), 'memory_append', {
      text,
    });
    expect([why, answer]).toEqual([why, { isError: true, text: expect.stringContaining(why) }]);
  }
  const asGateway = await connectMcp(url, GATEWAY_TOKEN);
  onTestFinished(() => asGateway.close());
  expect((await call(asGateway, 'memory_search', { query: 'Mallory' })).text).toContain('Nothing found');
});
