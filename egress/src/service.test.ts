import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { startConnectProxy } from '@mobyclaw/testkit/connect-proxy';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from './config.ts';
import { type EgressService, startEgress } from './service.ts';
import { say, tunnel } from './testing/raw-client.ts';

const TOKEN = 'the-token-of-the-gateway';

function environment(home = temporaryFolder()): NodeJS.ProcessEnv {
  return {
    MOBYCLAW_HOME: home,
    MOBYCLAW_EGRESS_TOKEN: TOKEN,
    MOBYCLAW_MODEL_KEY: 'sk-moby-the-virtual-key',
    MOBYCLAW_RELAY_LISTEN: '127.0.0.1:0',
    MOBYCLAW_DOOR_LISTEN: '127.0.0.1:0',
    MOBYCLAW_EGRESS_LISTEN: '127.0.0.1:0',
  };
}

async function start(env = environment(), clock: Clock = systemClock): Promise<EgressService> {
  const options = { version: '1.2.3', clock, logger: silentLogger };
  const service = await startEgress(readConfig(env), options);
  onTestFinished(() => service.close());
  return service;
}

test('healthz is free, all the rest wants the token of the gateway', async () => {
  const { url } = await start();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  for (const token of ['', 'sk-moby-the-virtual-key', `${TOKEN}x`]) {
    const headers = { authorization: `Bearer ${token}` };
    for (const path of ['/status', '/nothing', '/turns'])
      expect((await fetch(`${url}${path}`, { headers })).status).toBe(401);
  }
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect(await (await fetch(`${url}/status`, { headers })).json()).toEqual({
    version: '1.2.3',
    mode: 'ask',
    caps: null,
    authority: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  });
  expect((await fetch(`${url}/nothing`, { headers })).status).toBe(404);
  const put = (body: unknown) =>
    fetch(`${url}/turns`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await put({ turns: [] })).status).toBe(200);
  expect((await put({ turns: [{ turn: 1 }] })).status).toBe(422);
});

test('another one on the same folder is refused, since the ledger has one writer', async () => {
  const env = environment();
  await start(env);
  await expect(start(env)).rejects.toThrow('Another egress runs on');
});

test('the door goes by the rules that are published, asks the gateway, and shows what became of it', async () => {
  const env = environment();
  const folder = join(env.MOBYCLAW_HOME ?? '', 'egress/rules');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'egress.yaml'), 'deny: [denied.example]\n');
  const { url, doorUrl } = await start(env);
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const send = (method: string, path: string, body?: unknown) =>
    fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const connect = (host: string) =>
    say(Number(new URL(doorUrl).port), `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);

  expect((await connect('denied.example')).text).toContain('denied.example');
  const turn = { turn: 't1', session: 'cli:a', kind: 'owner', attended: true, capability: '00' };
  expect((await send('PUT', '/turns', { turns: [turn] })).status).toBe(200);
  const events = await fetch(`${url}/events`, { headers });
  const asked = connect('unknown.example');
  let seen = '';
  let ask: { id: string; host: string; turn: string } | undefined;
  for await (const chunk of events.body ?? []) {
    seen += Buffer.from(chunk).toString();
    const data = /event: ask\ndata: (.*)\n/.exec(seen)?.[1];
    if (data === undefined) continue;
    ask = JSON.parse(data);
    break;
  }
  expect(ask).toMatchObject({ host: 'unknown.example', turn: 't1' });
  expect((await send('POST', `/asks/${ask?.id}`, { verdict: 'no' })).status).toBe(200);
  expect((await send('POST', `/asks/${ask?.id}`, { verdict: 'no' })).status).toBe(404);
  const { status, text } = await asked;
  expect(status).toBe(403);
  expect(text).toContain('unknown.example');

  const log = await (await send('GET', '/log?refused=true&limit=10')).json();
  expect(log).toEqual({
    items: [
      expect.objectContaining({ host: 'unknown.example', verdict: 'asked', turn: 't1' }),
      expect.objectContaining({ host: 'denied.example', verdict: 'refused', reason: 'denied' }),
    ],
    before: null,
  });
  expect(await (await send('GET', '/test?url=https://denied.example/x')).json()).toMatchObject({
    host: 'denied.example',
    verdict: 'refuse',
  });
  expect((await send('GET', '/test?url=127.0.0.1')).status).toBe(422);
  writeFileSync(join(folder, 'egress.yaml'), 'mode: nonsense\n');
  expect(await (await send('POST', '/reload')).json()).toEqual({ ok: false });
  expect(await (await send('GET', '/status')).json()).toMatchObject({
    mode: 'ask',
    problem: { line: 1 },
  });
});

test('a host that is denied, and every one by mode: model, ends where it is open; the others go on', async () => {
  const far = createServer();
  await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve));
  const { port } = far.address() as AddressInfo;
  const hosts = Object.fromEntries(['one', 'two', 'three'].map((name) => [`${name}.example:443`, { port }]));
  const proxy = await startConnectProxy({ hosts });
  onTestFinished(() => Promise.all([proxy.close(), far.close()]).then(() => undefined));
  const env: NodeJS.ProcessEnv = { ...environment(), HTTPS_PROXY: proxy.url };
  const folder = join(env.MOBYCLAW_HOME ?? '', 'egress/rules');
  mkdirSync(folder, { recursive: true });
  const allow = 'allow: [one.example, two.example, three.example]\n';
  const rule = async (text: string): Promise<void> => {
    writeFileSync(join(folder, 'egress.yaml'), text);
    const headers = { authorization: `Bearer ${TOKEN}` };
    await fetch(`${url}/reload`, { method: 'POST', headers });
  };
  writeFileSync(join(folder, 'egress.yaml'), allow);
  const { url, doorUrl } = await start(env);
  const open = (host: string) => tunnel(Number(new URL(doorUrl).port), `${host}:443`);
  const [one, two, three] = await Promise.all(['one.example', 'two.example', 'three.example'].map(open));
  const ended = [one, two, three].map((socket) => once(socket as Socket, 'close'));
  await rule(`${allow}deny: [one.example]\n`);
  await ended[0];
  await rule('allow: [two.example]\n'); // no rule names three.example any more, which denies nothing
  expect([two?.destroyed, three?.destroyed]).toEqual([false, false]);
  await rule('mode: model\n');
  await Promise.all(ended);
});

const DAY_MS = 86_400_000;

/** A call and a connection of each age that are left after a day of egress with that setting. @param ages in days */
async function leftOf(
  ages: readonly number[],
  keep: string,
): Promise<{ calls: number[]; connections: number[] }> {
  const home = temporaryFolder();
  const clock = new ManualClock(Date.parse('2026-12-01T10:00:00Z'));
  const env = { ...environment(home), MOBYCLAW_KEEP: keep };
  await (await startEgress(readConfig(env), { version: '1', clock, logger: silentLogger })).close();
  const files = ['egress.db', 'audit.db'].map((name) => new DatabaseSync(join(home, 'egress', name)));
  const [ledger, audit] = files as [DatabaseSync, DatabaseSync];
  onTestFinished(() => {
    for (const file of files) file.close();
  });
  for (const age of ages) {
    const at = clock.now() - age * DAY_MS;
    ledger.exec(`INSERT INTO calls (id, provider, model, day, started_at, ended_at, status, input, output)
      VALUES ('${age}', 'p', 'm', '2026-01-01', ${at}, ${at}, 'ok', 1, 1)`);
    audit.exec(
      `INSERT INTO connections (at, host, port, verdict, reason) VALUES (${at}, 'a${age}.test', 443, 'allowed', 'rule')`,
    );
  }
  const service = await startEgress(readConfig(env), { version: '1', clock, logger: silentLogger });
  await clock.advance(DAY_MS);
  await service.close();
  return {
    calls: ledger
      .prepare('SELECT id FROM calls ORDER BY started_at DESC')
      .all()
      .map(({ id }) => Number(id)),
    connections: audit
      .prepare('SELECT host FROM connections')
      .all()
      .map(({ host }) => Number.parseInt(String(host).slice(1), 10)),
  };
}

test('what is older than the owner keeps goes: of calls what caps do not look at, of connections all of it', async () => {
  const ages = [1, 40, 80, 120, 400];
  expect(await leftOf(ages, '30d')).toEqual({ calls: [1, 40], connections: [1] });
  expect(await leftOf(ages, '26w')).toEqual({ calls: [1, 40, 80, 120], connections: [1, 40, 80] });
  expect(await leftOf(ages, 'off')).toEqual({ calls: ages, connections: [1, 40, 80] });
});

test('the process says where it listens, and ends in order', async () => {
  const child = spawn(process.execPath, [new URL('main.ts', import.meta.url).pathname], {
    env: { PATH: process.env.PATH, ...environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
    if (msg !== 'listening') continue;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    break;
  }
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
});
