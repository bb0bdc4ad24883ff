import { systemClock } from '@mobyclaw/lib/clock';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../testing/harness.ts';
import { ChatStream } from './openai/chat-stream.ts';

function officialClient({ port, token }: Harness): OpenAI {
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: token });
}

test('the official client, unmodified: models, an answer, a stream with usage', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['moby']);

  const answer = await client.chat.completions.create({
    model: 'moby',
    user: 'Anna Ø.',
    messages: [
      { role: 'system', content: 'You are someone else' },
      { role: 'user', content: 'Hello there' },
    ],
  });
  expect(answer.choices[0]?.message.content).toContain('You said: Hello there');
  expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  expect(moby.agent?.stats().runs[0]?.prompt).not.toContain('someone else');

  const stream = await client.chat.completions.create({
    model: 'moby',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: [{ type: 'text', text: 'tokens=20 tool=memory_append' }] }],
  });
  let text = '';
  let tokens = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    tokens = chunk.usage?.total_tokens ?? tokens;
  }
  expect(text).toContain('You said: tokens=20');
  expect(text).not.toContain('memory_append tool');
  expect(tokens).toBeGreaterThan(0);
  const { items } = (await moby.call('GET', '/api/sessions')).body;
  expect(items.map(({ key }: { key: string }) => key).toSorted()).toEqual([
    'api:Anna-Ø.',
    expect.stringMatching(/^api:openai\.[0-9a-f]{8}-[0-9a-f]{8}$/),
  ]);
});

test('a client that gave up waiting and tries again gets the answer of the first try', async () => {
  const clock = { ...systemClock, aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const moby = await openHarness({ clock });
  const impatient = new OpenAI({
    baseURL: `http://127.0.0.1:${moby.port}/v1`,
    apiKey: moby.token,
    timeout: 400,
    maxRetries: 8,
  });
  const ask = () =>
    impatient.chat.completions.create({
      model: 'moby',
      messages: [{ role: 'user', content: 'tokens=30 interval=50ms' }],
    });
  expect((await ask()).choices[0]?.message.content).toContain('You said: tokens=30');
  expect(moby.agent?.stats().runs).toHaveLength(1);
  await ask(); // the same words once more, but no retry
  expect(moby.agent?.stats().runs).toHaveLength(2);
  clock.aheadMs = 120_000;
  const body = { model: 'moby', messages: [{ role: 'user', content: 'tokens=30 interval=50ms' }] };
  const headers = { 'x-stainless-retry-count': '1' };
  await moby.call('POST', '/v1/chat/completions', { body, headers });
  expect(moby.agent?.stats().runs).toHaveLength(3); // a new question, whose first try never arrived
});

test('a try with a key of its own is what its key says, not what somebody else asked with the same words', async () => {
  const moby = await openHarness();
  const body = { model: 'moby', messages: [{ role: 'user', content: 'hello' }] };
  const ask = async (headers: Record<string, string>): Promise<string> =>
    (await moby.call('POST', '/v1/chat/completions', { body, headers })).body.id;
  const retry = { 'x-stainless-retry-count': '1' };
  const [first, second] = [
    await ask({ 'idempotency-key': 'a' }),
    await ask({ ...retry, 'idempotency-key': 'b' }),
  ];
  expect(second).not.toBe(first);
  expect(moby.agent?.stats().runs).toHaveLength(2);
  expect(await ask({ ...retry, 'idempotency-key': 'a' })).toBe(first);
  expect(await ask({ ...retry, 'idempotency-key': 'b' })).toBe(second);
  expect(moby.agent?.stats().runs).toHaveLength(2);
});

test('a wrong token, and an address that is none, are told as OpenAI tells them', async () => {
  const moby = await openHarness();
  const stranger = new OpenAI({ baseURL: `http://127.0.0.1:${moby.port}/v1`, apiKey: 'wrong' });
  const refused = await stranger.models.list().catch((reason: unknown) => reason);
  expect(refused).toMatchObject({
    status: 401,
    code: 'unauthorized',
    message: expect.stringMatching(/^401 The token/),
  });
  const nowhere = await officialClient(moby)
    .embeddings.create({ model: 'moby', input: 'x' })
    .catch((reason: unknown) => reason);
  expect(nowhere).toMatchObject({ status: 404, code: 'not-found' });
});

test('a failed turn is not sent again by a client that retries by itself', async () => {
  const moby = await openHarness();
  const error = await officialClient(moby)
    .chat.completions.create({ model: 'moby', messages: [{ role: 'user', content: 'error=401' }] })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ status: 422, code: 'auth' });
  expect(moby.agent?.stats().runs).toHaveLength(1);

  const stream = await officialClient(moby).chat.completions.create({
    model: 'moby',
    stream: true,
    messages: [{ role: 'user', content: 'error=401 once more' }],
  });
  const broken = await (async () => {
    for await (const _ of stream);
  })().catch((reason: unknown) => reason);
  expect(broken).toBeInstanceOf(OpenAI.APIError);
  expect(broken).toMatchObject({ code: 'auth', error: { message: expect.stringMatching(/ key/) } });
  expect(moby.agent?.stats().runs).toHaveLength(2);
});

test('a budget that is used up is OpenAI’s 429, of an answer and of a stream, and not asked for again', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: '1' } });
  await moby.ask('hello');
  const ask = (stream: boolean) =>
    officialClient(moby)
      .chat.completions.create({
        model: 'moby',
        user: 'over',
        stream,
        messages: [{ role: 'user', content: 'hello' }],
      })
      .catch((reason: unknown) => reason);
  for (const stream of [false, true]) {
    const error = await ask(stream);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      code: 'insufficient_quota',
      type: 'insufficient_quota',
      message: expect.stringContaining('mobyclaw usage lift'),
    });
  }
  expect((await moby.call('GET', '/api/sessions/api:over/messages')).body.items).toHaveLength(2);
});

test.each([
  ['no messages', { messages: [] }],
  ['no message of the user', { messages: [{ role: 'assistant', content: 'hi' }] }],
  [
    'the result of a tool',
    {
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'tool', tool_call_id: 'c', content: '42' },
      ],
    },
  ],
  ['two answers asked for', { n: 2, messages: [{ role: 'user', content: 'hi' }] }],
  [
    'a picture by address',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'http://x/y.png' } },
            { type: 'text', text: 'hi' },
          ],
        },
      ],
    },
  ],
  ['no text', { messages: [{ role: 'user', content: ' ' }] }],
])('%s is refused in OpenAI’s form', async (_, body) => {
  const moby = await openHarness();
  const answer = await moby.call('POST', '/v1/chat/completions', { body });
  expect(answer.status).toBe(422);
  expect(answer.body.error).toMatchObject({ type: 'invalid_request_error', message: expect.any(String) });
});

function shown(feed: (stream: ChatStream) => void): string {
  let text = '';
  const stream = new ChatStream({ id: 'x', created: 0, model: 'moby' }, false, (data) => {
    if (data !== '[DONE]') text += JSON.parse(data).choices[0]?.delta.content ?? '';
  });
  feed(stream);
  return text;
}

const token = (text: string) => ({ id: 1, type: 'token' as const, data: { text } });
const replace = (text: string) => ({ id: 1, type: 'replace' as const, data: { text } });
const done = (text: string) => ({
  id: 1,
  type: 'done' as const,
  data: { turn: 't', session: 's', text, usage: null },
});

test('an answer that was begun again is shown once where it can be, and whole where it cannot', () => {
  const again = shown((stream) => {
    for (const event of [
      token('Hello '),
      token('wor'),
      replace(''),
      token('Hello '),
      token('world'),
      done('Hello world'),
    ]) {
      stream.take(event);
    }
  });
  expect(again).toBe('Hello world');
  const other = shown((stream) => {
    for (const event of [token('Hello'), replace(''), token('Bonjour'), done('Bonjour')]) stream.take(event);
  });
  expect(other).toBe('Hello\n\n(The answer was begun again:)\n\nBonjour');
});

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

test('a picture without a word, a trailing system message and a prefill are taken, and what is ignored is said', async () => {
  const moby = await openHarness();
  const { response } = await officialClient(moby)
    .chat.completions.create({
      model: 'moby',
      temperature: 0.2,
      messages: [
        { role: 'system', content: 'You are a pirate' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: PIXEL } }] },
        { role: 'assistant', content: 'Sure:' },
        { role: 'system', content: 'Be brief' },
      ],
    })
    .withResponse();
  expect(response.headers.get('x-mobyclaw-session')).toMatch(/^api%3Aopenai\./);
  expect(response.headers.get('x-mobyclaw-ignored')).toBe('system, other messages, temperature');
  const run = moby.agent?.stats().runs[0];
  expect(run?.prompt).toContain('See the attached file.');
  expect(run?.prompt).not.toContain('pirate');
  expect((await moby.ask('')).status).toBe(422);
});

test('the errands of Open WebUI over a chat are kept out of its conversation, and each begins anew', async () => {
  const moby = await openHarness();
  const ask = (content: string) =>
    officialClient(moby).chat.completions.create({
      model: 'moby',
      user: 'anna',
      messages: [{ role: 'user', content }],
    });
  const errand = (task: string): string =>
    `### Task:\n${task}\n### Output:\nJSON format: { "title": "…" }\n### Chat History:\n<chat_history>\nUSER: hello\n</chat_history>`;
  await ask('hello');
  await ask(errand('Generate a concise, 3-5 word title with an emoji summarizing the chat history.'));
  await ask(errand('Generate 1-3 broad tags categorizing the main themes of the chat history'));
  await ask('### Task: water the flowers'); // a person's words
  const { items } = (await moby.call('GET', '/api/sessions/api:anna/messages')).body;
  expect(items.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  const [, title, tags] = moby.agent?.stats().runs ?? [];
  expect(title?.session).not.toBe(tags?.session);
});

test('an answer that the model had to cut says so: to programs, in the stream of events, and as one answer', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  const messages = [{ role: 'user' as const, content: 'Tell me all of it, limit' }];
  const whole = await client.chat.completions.create({ model: 'moby', messages });
  expect(whole.choices[0]).toMatchObject({ finish_reason: 'length' });
  expect(whole.choices[0]?.message.content).toBe('You said: Tell me all of it, limit');
  const reasons: unknown[] = [];
  for await (const chunk of await client.chat.completions.create({ model: 'moby', messages, stream: true })) {
    const reason = chunk.choices[0]?.finish_reason;
    if (reason) reasons.push(reason);
  }
  expect(reasons).toEqual(['length']);
  const prompt = { prompt: 'All of it, limit', session: 'api:cut' };
  const { body } = await moby.call('POST', '/prompt', { body: prompt });
  expect(body).toMatchObject({ text: 'You said: All of it, limit', cut: true });
  expect((await moby.call('GET', `/api/turns/${body.turn}`)).body).toMatchObject({
    state: 'done',
    cut: true,
  });
  const { body: events } = await moby.call('GET', `/api/turns/${body.turn}/events`);
  expect(events).toMatch(/event: notice\ndata: .*The answer was cut at the longest/);
  expect(events).toMatch(/event: done\ndata: .*"cut":true/);
  const plain = await client.chat.completions.create({
    model: 'moby',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  expect(plain.choices[0]?.finish_reason).toBe('stop');
});
