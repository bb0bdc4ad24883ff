/** The door, the rules and the control server together: what a program sees of a host that nobody has allowed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../config.ts';
import { startEgress } from '../service.ts';

const TOKEN = 'the-token-of-the-gateway';

async function world(yaml: string) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'egress/rules'), { recursive: true });
  const write = (text: string): void => writeFileSync(join(home, 'egress/rules/egress.yaml'), text);
  write(yaml);
  const env = {
    MOBYCLAW_HOME: home,
    MOBYCLAW_EGRESS_TOKEN: TOKEN,
    MOBYCLAW_MODEL_KEY: 'sk-moby-the-virtual-key',
    MOBYCLAW_RELAY_LISTEN: '127.0.0.1:0',
    MOBYCLAW_DOOR_LISTEN: '127.0.0.1:0',
    MOBYCLAW_EGRESS_LISTEN: '127.0.0.1:0',
  };
  const egress = await startEgress(readConfig(env), {
    version: '1',
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => egress.close());
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const control = async (method: string, path: string, body?: object) => {
    const answer = await fetch(egress.url + path, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: await answer.json() };
  };
  /** @returns what a program is told that asks for a tunnel */
  const connect = (target: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const call = request(egress.doorUrl, { method: 'CONNECT', path: target });
      call.on('error', reject);
      call.on('connect', (response, socket, head) => {
        const chunks = [head];
        socket.on('data', (chunk) => chunks.push(chunk));
        socket.on('error', reject);
        socket.on('close', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      call.end();
    });
  const follow = async () => {
    const gone = new AbortController();
    onTestFinished(() => gone.abort());
    const answer = await fetch(`${egress.url}/events`, { headers, signal: gone.signal });
    let text = '';
    void (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    return {
      asks: () => [...text.matchAll(/event: ask\ndata: (.*)\n/g)].map(([, data = '']) => JSON.parse(data)),
    };
  };
  return { write, control, connect, follow };
}

const TURN = { turn: 't1', session: 'cli:main', kind: 'owner', attended: true, capability: 'x' };

test('a host that nobody allowed is asked about and refused in plain words; what is allowed then passes', async () => {
  const { control, connect, follow } = await world('');
  const events = await follow();
  await control('PUT', '/turns', { turns: [TURN] });
  const refused = await connect('nowhere.invalid:443');
  expect(refused).toMatchObject({
    status: 403,
    text: expect.stringMatching(/^nowhere\.invalid is not allowed yet\. .*egress allow nowhere\.invalid/),
  });
  const [ask] = await until('the ask', () => (events.asks().length > 0 ? events.asks() : null));
  expect(ask).toMatchObject({ host: 'nowhere.invalid', port: 443, turn: 't1' });
  expect((await control('POST', `/asks/${ask.id}`, { verdict: 'answer' })).status).toBe(200);
  expect((await control('POST', `/asks/${ask.id}`, { verdict: 'answer' })).status).toBe(404);
  expect((await connect('nowhere.invalid:443')).status).toBe(502); // let through, and not there
  expect((await control('GET', '/log?refused=true')).body).toMatchObject({
    items: [
      { host: 'nowhere.invalid', verdict: 'refused' },
      { verdict: 'asked', turn: 't1' },
    ],
    before: null,
  });
  // What was told is over: whoever follows later is not asked again.
  expect((await follow()).asks()).toEqual([]);
}, 30_000);

test('an edit counts for the next connection, and status and test say so', async () => {
  const { write, control, connect } = await world('deny: [nowhere.invalid]\n');
  expect((await connect('nowhere.invalid:443')).text).toMatch(/has denied it in egress\.yaml/);
  write('mode: model # no more\n');
  expect((await connect('nowhere.invalid:443')).text).toMatch(/mode: model/);
  expect((await control('GET', '/status')).body).toMatchObject({ mode: 'model' });
  write('packages: on\n');
  const url = encodeURIComponent('https://registry.npmjs.org/left-pad');
  expect((await control('GET', `/test?url=${url}`)).body).toMatchObject({ verdict: 'allow' });
  write('alow: []\n');
  expect((await control('POST', '/reload')).body).toEqual({ ok: false });
  expect((await control('GET', '/status')).body).toMatchObject({ problem: { line: 1 } });
  expect((await control('GET', '/test?url=127.1')).status).toBe(422);
}, 30_000);
