import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHarness, shownText } from '../testing/harness.ts';

test('a prompt is answered, and the answer is kept', async () => {
  const moby = await openHarness();
  const { status, body } = await moby.ask('Hello Moby');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    session: 'api:default',
    text: expect.stringContaining('You said: Hello Moby'),
  });
  expect(body.usage.inputTokens).toBeGreaterThan(0);
  const turn = await moby.call('GET', `/api/turns/${body.turn}`);
  expect(turn.body).toMatchObject({ state: 'done', attempt: 1, text: body.text });
  const messages = await moby.call('GET', '/api/sessions/api:default/messages');
  expect(messages.body.items.map(({ role, text }: { role: string; text: string }) => [role, text])).toEqual([
    ['user', 'Hello Moby'],
    ['assistant', body.text],
  ]);
  const [first] = messages.body.items;
  const later = await moby.call('GET', `/api/sessions/api:default/messages?after=${first.id}`);
  expect(later.body.items).toEqual(messages.body.items.slice(1));
});

test('a stream is numbered from 1, says how it stands, and ends once', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('tell me tokens=30');
  const events = await stream.all();
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['queued', 'started']);
  expect(events.filter(({ type }) => type === 'done' || type === 'error')).toHaveLength(1);
  const done = events.at(-1);
  expect(done?.type).toBe('done');
  expect(shownText(events)).toBe(done?.type === 'done' && done.data.text);
});

test('the agent learns who asks from headers, and one conversation is one agent session', async () => {
  const moby = await openHarness();
  const first = await moby.ask('one', { session: 'cli:main' });
  await moby.ask('two', { session: 'cli:main' });
  await moby.ask('three', { session: 'cli:other' });
  const runs = moby.agent?.stats().runs ?? [];
  expect(runs[0]?.headers['x-moby-session']).toBe(encodeURIComponent('cli:main'));
  expect(runs[0]?.turn).toBe(first.body.turn);
  expect(runs[0]?.session).toBe(runs[1]?.session);
  expect(runs[2]?.session).not.toBe(runs[0]?.session);
});

test('a tool is shown from its start to its end, with words for people', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('note it tool=memory_append');
  const tools = (await stream.all()).flatMap((event) => (event.type === 'tool' ? [event.data] : []));
  expect(tools.map(({ phase }) => phase)).toEqual(['start', 'call', 'end']);
  expect(tools[0]).toMatchObject({ name: 'memory_append', label: 'Writing to memory' });
  expect(tools[2]?.ok).toBe(true);
});

test('an idempotency key makes a repeat the same turn, and refuses another body', async () => {
  const moby = await openHarness();
  const first = await moby.ask('pay the bill', { key: 'k1' });
  const again = await moby.ask('pay the bill', { key: 'k1' });
  expect(again.body.turn).toBe(first.body.turn);
  expect(moby.agent?.stats().runs).toHaveLength(1);
  const other = await moby.ask('pay another bill', { key: 'k1' });
  expect(other.status).toBe(422);
  expect(other.body).toMatchObject({ type: '/problems/idempotency-mismatch', turn: first.body.turn });
  expect(other.headers['content-type']).toContain('application/problem+json');
});

test('a client that leaves does not stop the turn', async () => {
  const moby = await openHarness();
  const { turn, stream } = await moby.start('tokens=20 interval=5ms');
  await stream.until(({ type }) => type === 'token');
  stream.leave();
  const events = await moby.follow(turn).all();
  expect(events.at(-1)?.type).toBe('done');
});

test.each([
  ['no body', 'POST', '/prompt', {}, 415, 'unsupported-media-type'],
  ['a body that is not JSON', 'POST', '/prompt', { raw: '{"prompt":' }, 400, 'bad-request'],
  ['an empty prompt', 'POST', '/prompt', { body: { prompt: '  ' } }, 422, 'validation-failed'],
  [
    'a prompt of 10 MB',
    'POST',
    '/prompt',
    { body: { prompt: 'x'.repeat(10_000_000) } },
    413,
    'payload-too-large',
  ],
  [
    'a body of 30 MB',
    'POST',
    '/prompt',
    { raw: `{"prompt":"${'x'.repeat(30_000_000)}"}` },
    413,
    'payload-too-large',
  ],
  ['an unknown field', 'POST', '/prompt', { body: { prompt: 'hi', sesion: 'x' } }, 422, 'validation-failed'],
  [
    'a session that is none',
    'POST',
    '/prompt',
    { body: { prompt: 'hi', session: 'x:y:z' } },
    422,
    'validation-failed',
  ],
  [
    'an attachment of a kind the model cannot read',
    'POST',
    '/prompt',
    { body: { prompt: 'hi', attachments: [{ name: 'a.zip', mime: 'application/zip', data: 'AAAA' }] } },
    415,
    'unsupported-media-type',
  ],
  [
    'a key that is empty',
    'POST',
    '/prompt',
    { body: { prompt: 'hi' }, headers: { 'idempotency-key': '' } },
    400,
    'bad-request',
  ],
  [
    'a key that is too long',
    'POST',
    '/prompt/stream',
    { body: { prompt: 'hi' }, headers: { 'idempotency-key': 'k'.repeat(201) } },
    400,
    'bad-request',
  ],
  ['an unknown route', 'GET', '/api/nothing', {}, 404, 'not-found'],
  ['an unknown turn', 'GET', '/api/turns/none', {}, 404, 'not-found'],
  ['an unknown session', 'GET', '/api/sessions/api:none/messages', {}, 404, 'not-found'],
  ['a resume point that is none', 'GET', '/api/turns/none/events?since=abc', {}, 400, 'bad-request'],
  ['a search for nothing', 'GET', '/api/history/search?q=', {}, 422, 'validation-failed'],
  [
    'a reset with an unknown field',
    'POST',
    '/api/sessions/api:none/reset',
    { body: { x: 1 } },
    422,
    'validation-failed',
  ],
])('%s is refused clearly', async (_, method, path, options, status, type) => {
  const moby = await openHarness();
  const answer = await moby.call(method, path, options);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({
    type: `/problems/${type}`,
    status,
    detail: expect.stringMatching(/.{10,}/),
  });
  expect(moby.agent?.stats().runs).toHaveLength(0);
});

test('nobody gets in without a token, with a wrong one, or from a foreign page', async () => {
  const moby = await openHarness();
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await moby.call('GET', '/api/status', { headers })).status;
  expect(await status({ authorization: '' })).toBe(401);
  expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
  expect(await status({ authorization: moby.token })).toBe(401);
  expect(await status({ host: 'evil.example' })).toBe(403);
  expect(await status({ origin: 'https://evil.example' })).toBe(403);
  expect(await status({ origin: 'http://localhost:3000' })).toBe(200);
  const { body } = await moby.call('GET', '/api/status', { headers: { authorization: 'Bearer wrong' } });
  expect(JSON.stringify(body)).not.toContain(moby.token);
});

test('guessing tokens is slowed down over connections, and never locks the owner out', async () => {
  const moby = await openHarness();
  const guess = () => moby.call('GET', '/api/status', { headers: { authorization: 'Bearer guess' } });
  const statuses = [];
  for (let count = 0; count < 12; count++) statuses.push((await guess()).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual([429, 429]);
  expect((await guess()).headers['retry-after']).toMatch(/^\d+$/);
  expect((await moby.call('GET', '/api/status')).status).toBe(200);
});

test('health is open to all, and tells whether Moby would answer', async () => {
  const moby = await openHarness();
  const open = (path: string) => moby.call('GET', path, { headers: { authorization: '' } });
  expect((await open('/healthz')).status).toBe(200);
  expect((await open('/readyz')).status).toBe(200);
  const alone = await openHarness({ agentUrl: 'http://127.0.0.1:9' });
  const answer = await alone.call('GET', '/readyz', { headers: { authorization: '' } });
  expect([answer.status, answer.body.status]).toEqual([503, 'agent-down']);
});

test('tokens have a scope, are shown once, and end when revoked', async () => {
  const moby = await openHarness();
  const made = await moby.call('POST', '/api/tokens', { body: { name: 'dashboard', scope: 'read' } });
  expect(made.status).toBe(201);
  const headers = { authorization: `Bearer ${made.body.token}` };
  expect((await moby.call('GET', '/api/sessions', { headers })).status).toBe(200);
  expect((await moby.call('POST', '/prompt', { headers, body: { prompt: 'hi' } })).status).toBe(403);
  const listed = await moby.call('GET', '/api/tokens');
  expect(listed.body.items).toContainEqual(expect.objectContaining({ name: 'dashboard', scope: 'read' }));
  expect(JSON.stringify(listed.body)).not.toContain(made.body.token);
  expect((await moby.call('DELETE', `/api/tokens/${made.body.id}`)).status).toBe(204);
  expect((await moby.call('GET', '/api/sessions', { headers })).status).toBe(401);
  expect(statSync(join(moby.home, 'gateway/cli-token')).mode & 0o777).toBe(0o600);
});

test('history is found by its words, whatever signs the question holds', async () => {
  const moby = await openHarness();
  await moby.ask('The violet umbrella is in the hallway');
  await moby.ask('Something else', { session: 'cli:main' });
  await moby.ask('Or so', { session: 'cli:main' });
  const found = await moby.call('GET', `/api/history/search?q=${encodeURIComponent('umbrella" OR * hallw')}`);
  expect(found.body.items[0]).toMatchObject({ session: 'api:default' });
  for (const more of ['from=2026-02-31', 'from=yesterday', 'q=', 'limit=0']) {
    expect((await moby.call('GET', `/api/history/search?q=umbrella&${more}`)).status).toBe(422);
  }
  const several = await moby.call('GET', '/api/history/search?q=umbrella&q=else&session=cli:main');
  expect(several.body.items[0]).toMatchObject({ session: 'cli:main', snippet: 'Something «else»' });
  const hits = await moby.call('GET', `/api/history/search?q=${encodeURIComponent('umbrella (hallw')}`);
  expect(hits.body.items[0]).toMatchObject({
    session: 'api:default',
    snippet: expect.stringContaining('«umbrella»'),
  });
});

test('status, usage, metrics and the API description tell the truth', async () => {
  const moby = await openHarness();
  await moby.ask('hello');
  const status = await moby.call('GET', '/api/status');
  expect(status.body).toMatchObject({
    state: 'ready',
    agent: { reachable: true, generation: 'messages-array' },
    turns: { running: 0, queued: 0, limit: 16 },
    sessions: 1,
  });
  const usage = await moby.call('GET', '/api/usage');
  expect(usage.body.totals).toMatchObject({ turns: 1, inputTokens: expect.any(Number) });
  const metrics = await moby.call('GET', '/metrics');
  expect(metrics.body).toContain('mobyclaw_turns_ended_total{state="done",code="none"} 1');
  const description = await moby.call('GET', '/openapi.json');
  expect(description.body.paths['/prompt'].post.requestBody).toBeDefined();
  expect(Object.keys(description.body.paths)).toContain('/api/turns/{id}/events');
});
