/** A program's own token: it asks, follows and stops in its own conversations, and reaches nothing else. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../testing/harness.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function withToken(name = 'kitchen') {
  const moby = await openHarness();
  const made = await moby.call('POST', '/api/tokens', { body: { name, scope: 'chat' } });
  expect(made.status).toBe(201);
  const as = (method: string, path: string, body?: unknown) =>
    moby.call(method, path, { headers: bearer(made.body.token), ...(body === undefined ? {} : { body }) });
  return { moby, as, secret: made.body.token as string };
}

test('it asks, follows and stops where it is at home', async () => {
  const { as } = await withToken();
  const first = await as('POST', '/prompt', { prompt: 'hello' });
  expect(first.body).toMatchObject({ session: 'api:kitchen', text: expect.stringContaining('hello') });
  const second = await as('POST', '/prompt', { prompt: 'and again', session: 'api:kitchen.lights' });
  expect(second.status).toBe(200);
  expect((await as('GET', `/api/turns/${first.body.turn}`)).body.state).toBe('done');
  expect((await as('GET', `/api/turns/${first.body.turn}/events`)).status).toBe(200);
  expect((await as('POST', `/api/turns/${first.body.turn}/cancel`)).status).toBe(200);
  expect((await as('GET', '/api/sessions/api:kitchen/messages')).body.items).toHaveLength(2);
  expect((await as('POST', '/api/sessions/api:kitchen.lights/stop')).status).toBe(200);
});

test.each([
  ['POST', '/prompt', { prompt: 'x', session: 'api:default' }],
  ['POST', '/prompt', { prompt: 'x', session: 'api:kitchen2' }],
  ['POST', '/prompt', { prompt: 'x', session: { toString: 1 } }],
  ['POST', '/prompt', { prompt: 'x', session: ['api:kitchen'] }],
  ['POST', '/prompt/stream', { prompt: 'x', session: 'cli:main' }],
  ['POST', '/PROMPT/', { prompt: 'x', session: 'cli:main' }],
  ['GET', '/api/sessions/cli:main/messages', undefined],
  ['GET', '/api/sessions/cli%3Amain/messages', undefined],
  ['POST', '/api/sessions/cli:main/reset', {}],
  ['GET', '/api/sessions', undefined],
  ['GET', '/api/history/search?q=secret', undefined],
  ['GET', '/api/status', undefined],
  ['GET', '/api/tokens', undefined],
  ['POST', '/api/tokens', { name: 'more', scope: 'admin' }],
  ['POST', '/api/deliver', { channel: 'telegram:dm:1', text: 'x' }],
  ['POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
])('%s %s with somebody else’s conversation is refused', async (method, path, body) => {
  const { moby, as } = await withToken();
  await moby.ask('my secret', { session: 'cli:main' });
  const answer = await as(method, path, body);
  expect(answer.status).toBe(403);
  expect(JSON.stringify(answer.body)).not.toContain('my secret');
  expect(moby.agent?.stats().runs).toHaveLength(1);
});

test('a turn of somebody else’s is as one that is not there, to look at and to stop', async () => {
  const { moby, as } = await withToken();
  const { turn } = (await moby.ask('my secret', { session: 'cli:main' })).body;
  expect((await as('GET', `/api/turns/${turn}`)).status).toBe(404);
  expect((await as('GET', `/api/turns/${turn}/events`)).status).toBe(404);
  expect((await as('POST', `/api/turns/${turn}/cancel`)).status).toBe(404);
});

test('an OpenAI client needs no more, and its users have conversations of the token’s', async () => {
  const { moby, secret } = await withToken();
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${moby.port}/v1`, apiKey: secret });
  expect((await client.models.list()).data).toHaveLength(1);
  const ask = (user?: string) =>
    client.chat.completions
      .create({
        model: 'moby',
        messages: [{ role: 'user', content: 'hi' }],
        ...(user === undefined ? {} : { user }),
      })
      .withResponse();
  const named = async (user?: string) => (await ask(user)).response.headers.get('x-mobyclaw-session');
  expect(await named()).toMatch(/^api%3Akitchen\.[0-9a-f]{8}-[0-9a-f]{8}$/);
  expect(await named('Anna')).toBe('api%3Akitchen.Anna');
  expect(await named('../cli:main')).toBe('api%3Akitchen.cli-main');
});

test('a name that could be another token’s conversation is refused, and so is one that is taken', async () => {
  const { moby } = await withToken();
  for (const name of ['kitchen.lights', 'a b', '../x', 'kitchen', '', 'default', 'openai', 'mcp']) {
    const answer = await moby.call('POST', '/api/tokens', { body: { name, scope: 'chat' } });
    expect(answer.status).toBe(422);
  }
});

test('a token that may only look is told which scope would do', async () => {
  const moby: Harness = await openHarness();
  const made = await moby.call('POST', '/api/tokens', { body: { name: 'eye', scope: 'read' } });
  const answer = await moby.call('POST', '/prompt', {
    headers: bearer(made.body.token),
    body: { prompt: 'x' },
  });
  expect(answer.body.detail).toContain('it needs chat, or admin');
});
