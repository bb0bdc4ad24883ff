import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from './config.ts';
import { type EgressService, startEgress } from './service.ts';

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

async function start(env = environment()): Promise<EgressService> {
  const options = { version: '1.2.3', clock: systemClock, logger: silentLogger };
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
