import { statSync } from 'node:fs';
import { join } from 'node:path';
import { startFakePushService } from '@mobyclaw/testkit/fake-push-service';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type HarnessOptions, openHarness } from '../testing/harness.ts';
import { endpointProblem } from './push-hosts.ts';

const SAID = 'The plants are thirsty';

async function setUp(options: HarnessOptions = {}) {
  const service = await startFakePushService();
  onTestFinished(() => service.close());
  const moby = await openHarness({ postPush: service.post, ...options });
  const letIn = async () => {
    const { body } = await moby.call('POST', '/api/login/codes');
    const headers = {
      authorization: '',
      origin: `http://127.0.0.1:${moby.port}`,
      'sec-fetch-site': 'same-origin',
    };
    const login = await moby.call('POST', '/api/login', { body: { code: body.code }, headers });
    const cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
    return { id: login.body.id as string, headers: { ...headers, cookie } };
  };
  const remind = () =>
    moby.call('POST', '/api/jobs', {
      body: { name: 'plants', every: '1s', count: 1, message: SAID, channel: 'web:main' },
    });
  return { service, moby, letIn, remind };
}

test('a browser is told of a reminder, with its words only where its owner wants that', async () => {
  const { service, moby, letIn, remind } = await setUp();
  const [bare, full, none] = [
    service.browser(),
    service.browser('updates.push.services.mozilla.com'),
    service.browser(),
  ];
  const [one, two] = [await letIn(), await letIn()];
  const first = await moby.call('POST', '/api/push', {
    body: { endpoint: bare.endpoint, keys: bare.keys },
    headers: one.headers,
  });
  expect([first.status, first.body]).toMatchObject([201, { content: false, thisBrowser: true }]);
  await moby.call('POST', '/api/push', {
    body: { endpoint: full.endpoint, keys: full.keys, content: true },
    headers: two.headers,
  });
  expect((await remind()).status).toBe(201);
  await until('both are told', async () => bare.received.length === 1 && full.received.length === 1);
  expect(bare.received[0]).toEqual({
    kind: 'message',
    session: expect.any(String),
    id: expect.stringMatching(/^message-/),
  });
  expect(full.received[0]).toMatchObject({ kind: 'message', text: SAID });
  expect(full.bodies[0]?.includes(SAID)).toBe(false);
  expect(none.received).toEqual([]);
  const { mode } = statSync(join(moby.home, 'gateway/push-keys.json'));
  expect(mode & 0o777).toBe(0o600);
  const { body } = await moby.call('GET', '/api/push', { headers: one.headers });
  expect(body.items).toHaveLength(2);
  expect(JSON.stringify(body)).not.toContain(bare.endpoint);
});

test('what cannot be handed over is tried again, and who is gone is dropped; so is who is logged out or ended', async () => {
  const { service, moby, letIn, remind } = await setUp();
  const browsers = [service.browser(), service.browser(), service.browser(), service.browser()];
  const logins = [await letIn(), await letIn(), await letIn(), await letIn()];
  const ids: string[] = [];
  for (const [index, { endpoint, keys }] of browsers.entries()) {
    const { body } = await moby.call('POST', '/api/push', {
      body: { endpoint, keys },
      headers: logins[index]?.headers ?? {},
    });
    ids.push(body.id);
  }
  const [gone, alive, out, ended] = browsers;
  gone?.statuses.push(410);
  await moby.call('DELETE', `/api/tokens/${logins[2]?.id}`);
  expect((await moby.call('DELETE', `/api/push/${ids[3]}`)).status).toBe(204);
  expect((await moby.call('DELETE', `/api/push/${ids[3]}`)).status).toBe(404);
  await remind();
  await until('the living one', async () => alive?.received.length === 1);
  await until('the gone one is dropped', async () => {
    const { body } = await moby.call('GET', '/api/push');
    return body.items.length === 1 && body.items[0].id === ids[1];
  });
  expect([out?.received, ended?.received, gone?.received]).toEqual([[], [], []]);
});

test('a push service that is down is asked again after 5 s, a minute and five; one that refuses is not', async () => {
  const clock = new ManualClock(Date.now());
  const { service, moby, letIn } = await setUp({ clock });
  const [down, refusing] = [service.browser(), service.browser()];
  down.statuses.push(503, 429, 500);
  refusing.statuses.push(400);
  for (const { endpoint, keys } of [down, refusing]) {
    const { headers } = await letIn();
    await moby.call('POST', '/api/push', { body: { endpoint, keys }, headers });
  }
  const { body: turn } = await moby.call('POST', '/api/turns', {
    body: { prompt: 'confirm tool=shell', session: 'web:main' },
  });
  for (const [left, waitMs] of [
    [2, 5000],
    [1, 60_000],
    [0, 300_000],
  ] as const) {
    await until(`only ${left} more refusals`, async () => down.statuses.length === left);
    expect(down.received).toEqual([]);
    await clock.advance(waitMs - 1000);
    expect(down.statuses.length).toBe(left);
    await until('the next try', async () => {
      await clock.advance(1000);
      return left === 0 ? down.received.length === 1 : down.statuses.length < left;
    });
  }
  await until('the refusal', async () => refusing.statuses.length === 0);
  expect(refusing.received).toEqual([]);
  await moby.call('POST', `/api/turns/${turn.turn}/cancel`);
});

test('a question is told of once', async () => {
  const { service, moby, letIn } = await setUp();
  const browser = service.browser();
  const { headers } = await letIn();
  await moby.call('POST', '/api/push', {
    body: { endpoint: browser.endpoint, keys: browser.keys, content: true },
    headers,
  });
  const { body: turn } = await moby.call('POST', '/api/turns', {
    body: { prompt: 'confirm tool=shell', session: 'web:main' },
  });
  await until('the question', async () => browser.received.length > 0);
  expect(browser.received).toEqual([
    {
      kind: 'question',
      session: 'web:main',
      id: expect.stringMatching(/^question-/),
      text: expect.stringContaining('shell'),
    },
  ]);
  await moby.call('POST', `/api/turns/${turn.turn}/cancel`);
});

test('a token of a program subscribes nothing, and a browser only at a push service', async () => {
  const { service, moby, letIn } = await setUp();
  const { endpoint, keys } = service.browser();
  expect((await moby.call('POST', '/api/push', { body: { endpoint, keys } })).status).toBe(409);
  const { headers } = await letIn();
  const refused = await moby.call('POST', '/api/push', {
    body: { endpoint: 'https://evil.example/x', keys },
    headers,
  });
  expect([refused.status, refused.body.detail]).toEqual([422, expect.stringContaining('evil.example')]);
});

test('a push service is told whom the owner names, and Apple, who demands somebody, is not asked without', async () => {
  const apple = 'web.push.apple.com';
  const nobody = await setUp();
  const one = nobody.service.browser(apple);
  const refused = await nobody.moby.call('POST', '/api/push', {
    body: { endpoint: one.endpoint, keys: one.keys },
    headers: (await nobody.letIn()).headers,
  });
  expect([refused.status, refused.body.detail]).toEqual([
    422,
    expect.stringContaining('MOBYCLAW_PUSH_CONTACT'),
  ]);
  for (const [env, subject] of [
    [{ MOBYCLAW_PUSH_CONTACT: 'alice@example.org' }, 'mailto:alice@example.org'],
    [{ MOBYCLAW_ALLOWED_HOSTS: 'gateway,moby.example' }, 'https://moby.example'],
  ] as const) {
    const { service, moby, letIn, remind } = await setUp({ env });
    const { endpoint, keys, received, subjects } = service.browser(apple);
    const { headers } = await letIn();
    const { status } = await moby.call('POST', '/api/push', { body: { endpoint, keys }, headers });
    expect(status).toBe(201);
    await remind();
    await until('the browser is told', async () => received.length === 1);
    expect(subjects).toEqual([subject]);
  }
});

test.each([
  'http://fcm.googleapis.com/x',
  'https://fcm.googleapis.com:444/x',
  'https://fcm.googleapis.com.evil.example/x',
  'https://evil-push.apple.com.example/',
  'https://user@fcm.googleapis.com/x',
  'https://127.0.0.1/x',
  'https://xfcm.googleapis.com/',
  'nonsense',
])('nothing is sent to %s', (endpoint) => expect(endpointProblem(endpoint)).not.toBeNull());

test.each([
  'https://fcm.googleapis.com/fcm/send/a:b',
  'https://updates.push.services.mozilla.com/wpush/v2/x',
  'https://web.push.apple.com/x',
  'https://wns2-db5p.notify.windows.com/w/?token=x',
])('a push service is %s', (endpoint) => expect(endpointProblem(endpoint)).toBeNull());
