/** How a browser gets in, and what nobody else can do with its cookie. */
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { type Answer, type Harness, openHarness } from '../testing/harness.ts';
import { LiveReader } from '../testing/live-reader.ts';

const DAY_MS = 86_400_000;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

function fromPage(moby: Harness, cookie?: string): Record<string, string> {
  return {
    authorization: '',
    origin: `http://127.0.0.1:${moby.port}`,
    'sec-fetch-site': 'same-origin',
    ...(cookie === undefined ? {} : { cookie }),
  };
}

async function newCode(moby: Harness): Promise<string> {
  const { status, body } = await moby.call('POST', '/api/login/codes');
  expect(status).toBe(201);
  return body.code;
}

async function logIn(
  moby: Harness,
  headers: Record<string, string> = {},
): Promise<Answer & { cookie: string }> {
  const answer = await moby.call('POST', '/api/login', {
    body: { code: await newCode(moby) },
    headers: { ...fromPage(moby), 'user-agent': FIREFOX, ...headers },
  });
  const [set = ''] = (answer.headers['set-cookie'] ?? []) as string[];
  return { ...answer, cookie: set.split(';')[0] ?? '' };
}

test('a code of the command line becomes a cookie that scripts cannot read and other sites do not send', async () => {
  const moby = await openHarness();
  const { status, body, headers, cookie } = await logIn(moby);
  expect(status).toBe(201);
  expect(headers['set-cookie']).toEqual([
    expect.stringMatching(
      new RegExp(`^moby${moby.port}=moby_[\\w-]{43}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict$`),
    ),
  ]);
  expect(JSON.stringify(body)).not.toContain(cookie.split('=')[1]);
  const asked = await moby.call('GET', '/api/sessions', { headers: fromPage(moby, cookie) });
  expect(asked.status).toBe(200);
  const { body: tokens } = await moby.call('GET', '/api/tokens');
  expect(tokens.items).toContainEqual(
    expect.objectContaining({ name: 'Firefox on Linux', expiresAt: expect.any(String) }),
  );
  expect(JSON.stringify(tokens)).not.toContain(cookie.split('=')[1]);
});

test('behind https the cookie is sent over https alone, and bound to its host', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_ALLOWED_HOSTS: 'moby.example' } });
  const headers = { host: 'moby.example', origin: 'https://moby.example' };
  const { headers: answered, cookie } = await logIn(moby, headers);
  expect(answered['set-cookie']).toEqual([
    expect.stringMatching(/^__Host-moby=.*; Path=\/; HttpOnly; SameSite=Strict; Secure$/),
  ]);
  const asked = await moby.call('GET', '/api/login', { headers: { ...fromPage(moby, cookie), ...headers } });
  expect(asked.status).toBe(200);
});

test('a code lets in once, within two minutes, and nothing else does', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const moby = await openHarness({ clock });
  const post = (code: string) =>
    moby.call('POST', '/api/login', { body: { code }, headers: fromPage(moby) }).then(({ status }) => status);
  const code = await newCode(moby);
  expect([await post(code), await post(code)]).toEqual([201, 401]);
  const late = await newCode(moby);
  clock.jump(120_000);
  expect(await post(late)).toBe(401);
  expect(await post(moby.token)).toBe(401);
});

test('who guesses codes is stopped, and a right one still lets in', async () => {
  const moby = await openHarness();
  const guess = () => moby.call('POST', '/api/login', { body: { code: 'guessed' }, headers: fromPage(moby) });
  const statuses: number[] = [];
  for (let count = 0; count < 12; count++) statuses.push((await guess()).status);
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  expect((await guess()).headers['retry-after']).toMatch(/^\d+$/);
  expect((await logIn(moby)).status).toBe(201);
});

test('a login ends 30 days after it was last used, and is renewed while it is', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const moby = await openHarness({ clock });
  const { cookie } = await logIn(moby);
  const look = () => moby.call('GET', '/api/login', { headers: fromPage(moby, cookie) });
  expect((await look()).headers['set-cookie']).toBeUndefined();
  clock.jump(20 * DAY_MS);
  expect((await look()).headers['set-cookie']).toEqual([expect.stringContaining(cookie)]);
  clock.jump(20 * DAY_MS);
  expect((await look()).status).toBe(200);
  clock.jump(31 * DAY_MS);
  expect((await look()).status).toBe(401);
});

test('a cookie is no bearer token, and a token is no cookie', async () => {
  const moby = await openHarness();
  const { cookie } = await logIn(moby);
  const [name, secret] = cookie.split('=');
  const asBearer = await moby.call('GET', '/api/sessions', {
    headers: { authorization: `Bearer ${secret}` },
  });
  const asCookie = await moby.call('GET', '/api/sessions', {
    headers: fromPage(moby, `${name}=${moby.token}`),
  });
  expect([asBearer.status, asCookie.status]).toEqual([401, 401]);
});

test('who is shown out sees nothing more, also on a stream that is open', async () => {
  const moby = await openHarness();
  const { cookie, body } = await logIn(moby);
  const live = new LiveReader(moby, null, fromPage(moby, cookie));
  await live.until(({ type }) => type === 'hello');
  expect((await moby.call('DELETE', `/api/tokens/${body.id}`)).status).toBe(204);
  await live.ended();
  expect((await moby.call('GET', '/api/sessions', { headers: fromPage(moby, cookie) })).status).toBe(401);
});

test('logging out ends the login and takes the cookie back', async () => {
  const moby = await openHarness();
  const { cookie } = await logIn(moby);
  const out = await moby.call('DELETE', '/api/login', { headers: fromPage(moby, cookie) });
  expect([out.status, out.headers['set-cookie']]).toEqual([204, [expect.stringContaining('Max-Age=0')]]);
  expect((await moby.call('GET', '/api/login', { headers: fromPage(moby, cookie) })).status).toBe(401);
});

const WRITES: readonly [string, string, unknown][] = [
  ['POST', '/api/turns', { prompt: 'evil', session: 'web:main' }],
  ['POST', '/prompt', { prompt: 'evil', session: 'web:main' }],
  ['POST', '/api/tokens', { name: 'evil', scope: 'admin' }],
  ['POST', '/api/login/codes', {}],
  ['POST', '/api/sessions/web:main/command', { text: '/new' }],
  ['PATCH', '/api/sessions/web:main', { title: 'evil' }],
  ['POST', '/api/sessions/web:main/reset', {}],
  ['POST', '/api/pause', { seconds: 1 }],
  ['DELETE', '/api/login', undefined],
];

test('no page but ours writes with the cookie: neither another site nor another port of this machine', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_ALLOWED_HOSTS: 'moby.example' } });
  await moby.ask('hello', { session: 'web:main' });
  const { cookie } = await logIn(moby);
  const own = `http://127.0.0.1:${moby.port}`;
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'same-site' },
    { origin: `http://localhost:${moby.port}`, 'sec-fetch-site': 'cross-site' },
    { origin: 'http://127.0.0.1:8000' },
    { origin: 'https://moby.example' },
    { origin: own.replace('http:', 'https:') === own ? '' : own, 'sec-fetch-site': 'same-site' },
    { origin: own, 'sec-fetch-site': 'cross-site' },
    { origin: own, 'sec-fetch-site': 'none' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
    {},
    { origin: own, host: 'evil.example', 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of foreign) {
    for (const [method, path, body] of WRITES) {
      const { status } = await moby.call(method, path, {
        body,
        headers: { authorization: '', cookie, ...headers },
      });
      expect([method, path, headers, status]).toEqual([method, path, headers, 403]);
    }
    const login = await moby.call('POST', '/api/login', {
      body: { code: await newCode(moby) },
      headers: { authorization: '', ...headers },
    });
    expect([headers, login.status]).toEqual([headers, 403]);
  }
  for (const site of ['cross-site', 'same-site']) {
    const read = await moby.call('GET', '/api/sessions', {
      headers: { authorization: '', cookie, 'sec-fetch-site': site },
    });
    expect(read.status).toBe(403);
  }
  expect((await moby.call('GET', '/api/sessions/web:main')).body).toMatchObject({ messages: 2 });
  expect((await moby.call('GET', '/api/tokens')).body.items).toHaveLength(2);
  const written = await moby.call('PATCH', '/api/sessions/web:main', {
    body: { title: 'mine' },
    headers: fromPage(moby, cookie),
  });
  expect(written.status).toBe(200);
});

test('only who may all makes codes', async () => {
  const moby = await openHarness();
  for (const scope of ['read', 'chat']) {
    const { body } = await moby.call('POST', '/api/tokens', { body: { name: scope, scope } });
    const asked = await moby.call('POST', '/api/login/codes', {
      headers: { authorization: `Bearer ${body.token}` },
    });
    expect([scope, asked.status]).toEqual([scope, 403]);
  }
});
