import OpenAI from 'openai';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../../testing/harness.ts';
import { ResponseStream } from './response-stream.ts';

function officialClient({ port, token }: Pick<Harness, 'port' | 'token'>): OpenAI {
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: token, maxRetries: 0 });
}

async function eventsOf(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

test('the official client, unmodified: an answer, what it cost, and a conversation that goes on', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  const { data: first, response } = await client.responses
    .create({ model: 'moby', input: 'Hello there', instructions: 'You are a pirate', metadata: { a: 'b' } })
    .withResponse();
  expect(first.output_text).toContain('You said: Hello there');
  expect(first).toMatchObject({ status: 'completed', object: 'response', metadata: { a: 'b' }, error: null });
  expect(first.usage?.total_tokens).toBeGreaterThan(0);
  expect(response.headers.get('x-mobyclaw-ignored')).toBe('instructions');
  expect(moby.agent?.stats().runs[0]?.prompt).not.toContain('pirate');

  const second = await client.responses.create({ previous_response_id: first.id, input: 'And again' });
  expect(second.previous_response_id).toBe(first.id);
  const runs = moby.agent?.stats().runs ?? [];
  expect(runs[1]?.session).toBe(runs[0]?.session);
  const other = await client.responses.create({ input: 'Hello there' });
  expect(moby.agent?.stats().runs[2]?.session).not.toBe(runs[0]?.session);
  expect(other.conversation?.id).not.toBe(first.conversation?.id);
});

test('a stream is what the client of OpenAI puts together, in the order of its protocol', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  const stream = client.responses.stream({
    model: 'moby',
    input: 'tokens=20 tool=memory_append',
    conversation: 'c1',
  });
  const types: string[] = [];
  let text = '';
  const numbers: number[] = [];
  for await (const event of stream) {
    numbers.push(event.sequence_number);
    if (types.at(-1) !== event.type) types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  const final = await stream.finalResponse();
  expect(types).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(numbers).toEqual(numbers.map((_, index) => index));
  expect(final.output_text).toBe(text);
  expect(text).toContain('You said: tokens=20');
  const stored = await client.responses.retrieve(final.id);
  expect(stored.output_text).toBe(text);
  const again = await eventsOf(await client.responses.retrieve(final.id, { stream: true }));
  const end = again.at(-1) as { response: Response };
  expect(again.at(-1)?.type).toBe('response.completed');
  expect(end.response.output).toMatchObject([{ content: [{ text }] }]);
  expect((await moby.call('GET', '/api/sessions/api:c1/messages')).body.items).toHaveLength(2);
});

test('in the background it is begun, looked at, and stopped', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  const begun = await client.responses.create({ input: 'tokens=400 interval=50ms', background: true });
  expect(['queued', 'in_progress']).toContain(begun.status);
  expect(begun.background).toBe(true);
  const stopped = await client.responses.cancel(begun.id);
  expect(['cancelled', 'in_progress']).toContain(stopped.status);
  const events = await eventsOf(await client.responses.retrieve(begun.id, { stream: true }));
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'cancelled' } });
  expect((await client.responses.retrieve(begun.id)).status).toBe('cancelled');
});

test('items as a client of agents sends them: the last words of the user count, and pictures come along', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  const pixel =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const { response } = await client.responses
    .create({
      store: false,
      temperature: 0,
      input: [
        { role: 'developer', content: 'Be a pirate' },
        { role: 'user', content: 'First words' },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Yes', annotations: [] }],
        },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: '42' },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', image_url: pixel, detail: 'auto' },
          ],
        },
      ],
    })
    .withResponse();
  expect(response.headers.get('x-mobyclaw-ignored')).toBe('system, other messages, temperature, store');
  const run = moby.agent?.stats().runs[0];
  expect(run?.prompt).toContain('What is this?');
  expect(run?.prompt).not.toContain('First words');
});

test.each<[string, object, RegExp]>([
  ['nothing', { input: [] }, /no message/],
  ['no text', { input: '  ' }, /empty/],
  ['no user', { input: [{ role: 'assistant', content: 'hi' }] }, /role "user"/],
  [
    'the result of a tool',
    {
      input: [
        { role: 'user', content: 'hi' },
        { type: 'function_call_output', call_id: 'c', output: '42' },
      ],
    },
    /result of a tool/,
  ],
  [
    'a file by its id',
    { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] },
    /with their data/,
  ],
  ['a response that is not here', { input: 'hi', previous_response_id: 'resp_0' }, /no response resp_0/],
])('%s is refused in OpenAI’s form', async (_, body, message) => {
  const moby = await openHarness();
  const answer = await moby.call('POST', '/v1/responses', { body });
  expect([404, 422]).toContain(answer.status);
  expect(answer.body.error).toMatchObject({
    type: 'invalid_request_error',
    message: expect.stringMatching(message),
  });
  expect((await moby.call('GET', '/api/sessions')).body.items).toEqual([]);
});

test('a turn that fails is an error where nothing was streamed, and the end of the stream where it was', async () => {
  const moby = await openHarness();
  const client = officialClient(moby);
  await expect(client.responses.create({ input: 'error=401' })).rejects.toMatchObject({
    status: 422,
    code: 'auth',
  });
  const failed = await client.responses.create({ input: 'error=401 in the background', background: true });
  const events = await eventsOf(await client.responses.retrieve(failed.id, { stream: true }));
  expect(events.at(-1)).toMatchObject({
    type: 'response.failed',
    response: { status: 'failed', error: { message: expect.stringMatching(/ key/) } },
  });
  expect(await client.responses.retrieve(failed.id)).toMatchObject({
    status: 'failed',
    error: { code: 'server_error' },
  });
});

test('a token of scope chat has its own responses, and sees none of another’s', async () => {
  const moby = await openHarness();
  const secret = async (name: string): Promise<string> =>
    (await moby.call('POST', '/api/tokens', { body: { name, scope: 'chat' } })).body.token;
  const kitchen = officialClient({ port: moby.port, token: await secret('kitchen') });
  const hall = officialClient({ port: moby.port, token: await secret('hall') });
  const { id } = await kitchen.responses.create({ input: 'hi' });
  expect((await kitchen.responses.retrieve(id)).status).toBe('completed');
  for (const attempt of [
    () => hall.responses.retrieve(id),
    () => hall.responses.cancel(id),
    () => hall.responses.create({ input: 'hi', previous_response_id: id }),
  ])
    await expect(attempt()).rejects.toMatchObject({ status: 404 });
});

test('a stream has no start but the first', async () => {
  const moby = await openHarness();
  const { id } = await officialClient(moby).responses.create({ input: 'hi' });
  const answer = await moby.call('GET', `/v1/responses/${id}?stream=true&starting_after=3`);
  expect(answer.status).toBe(422);
  expect(answer.body.error.message).toContain('Leave starting_after out');
});

test('an answer that was begun again, and one that was cut, end as what was sent', () => {
  const sent: { type: string; response?: Response; text?: string }[] = [];
  const turn = { id: 't', createdAt: 0, session: 's' };
  const stream = new ResponseStream(turn, 'moby', {}, (_event, data) => sent.push(JSON.parse(data)));
  const feed = (type: 'token' | 'replace', text: string) => stream.take({ id: 1, type, data: { text } });
  feed('token', 'Hello');
  feed('replace', '');
  feed('token', 'Bonjour');
  expect(
    stream.take({
      id: 2,
      type: 'done',
      data: { turn: 't', session: 's', text: 'Bonjour', usage: null, cut: true },
    }),
  ).toBe(true);
  const whole = 'Hello\n\n(The answer was begun again:)\n\nBonjour';
  expect(sent.find(({ type }) => type === 'response.output_text.done')?.text).toBe(whole);
  expect(sent.at(-1)).toMatchObject({
    type: 'response.incomplete',
    response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
  });
});
