/** How providers end, cut and refuse answers, and where they put reasoning and pictures. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterTools, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { startMcpServer } from '@mobyclaw/testkit/mcp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSoul, ofType, startAgent, textOf } from '../testing/agent.ts';
import { violations } from '../testing/conformance.ts';

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

/** A provider that answers each request with the next of these bodies. */
async function provider(bodies: string[], type = 'text/event-stream', status = 200) {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': type }).end(bodies[asked++] ?? bodies.at(-1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked: () => asked };
}

async function answer(bodies: string[], type?: string) {
  const { url, asked } = await provider(bodies, type);
  const agent = await startAgent(fakeSoul(url, { toolsets: '\n      - type: think' }));
  const id = await agent.newSession();
  const events = await agent.run(id, 'hello');
  expect(violations(events, { cut: false })).toEqual([]);
  const stored = (await agent.stored(id)).messages?.map(({ message }) => message) ?? [];
  return { events, stored, asked, error: ofType(events, 'error')[0]?.error ?? '' };
}

describe('an answer', () => {
  it('that ends with [DONE] and no finish_reason has ended', async () => {
    const { events, stored, asked, error } = await answer([
      chunk({ content: 'All ' }) + chunk({ content: 'said.' }) + DONE,
    ]);
    expect(error).toBe('');
    expect(textOf(events)).toBe('All said.');
    expect(stored.at(-1)).toMatchObject({ role: 'assistant', content: 'All said.' });
    expect(ofType(events, 'stream_stopped')[0]?.reason).toBeUndefined();
    expect(asked()).toBe(1);
  });

  it('that ends with a call of a tool, [DONE] and no finish_reason, goes on after the tool', async () => {
    const call = {
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'think', arguments: '{"thought":"hm"}' },
    };
    const { events, error } = await answer([
      chunk({ tool_calls: [call] }) + DONE,
      chunk({ content: 'Thought.' }) + DONE,
    ]);
    expect(error).toBe('');
    expect(textOf(events)).toBe('Thought.');
    expect(ofType(events, 'tool_call_response')).toHaveLength(1);
  });

  it('without [DONE] and finish_reason is broken off', async () => {
    expect((await answer([chunk({ content: 'Half' })])).error).toMatch(
      /error receiving from stream: .*without a finish reason/,
    );
  });

  it.each([['chat completions', chunk({ content: 'So far' }) + chunk({}, 'length') + DONE]])(
    'that the limit of tokens cut is told as such (%s)',
    async (_, body) => {
      const { events, error } = await answer([body]);
      expect(error).toBe('');
      expect(ofType(events, 'stream_stopped')[0]?.reason).toBe('length');
    },
  );

  it('whose limit of tokens cut a call of a tool is not acted on', async () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'think', arguments: '{}' } };
    const { events, asked } = await answer([chunk({ tool_calls: [call] }) + chunk({}, 'length') + DONE]);
    expect(ofType(events, 'tool_call_response')).toEqual([]);
    expect(ofType(events, 'stream_stopped')[0]?.reason).toBe('length');
    expect(asked()).toBe(1);
  });

  it('that calls a tool of ours with arguments that do not fit is told so, and nobody is asked', async () => {
    const call = {
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'shell', arguments: '{"cmd":5}' },
    };
    const { url } = await provider([
      chunk({ tool_calls: [call] }) + chunk({}, 'tool_calls') + DONE,
      chunk({ content: 'I see.' }, 'stop') + DONE,
    ]);
    const agent = await startAgent(fakeSoul(url, { toolsets: '\n      - type: shell' }));
    const events = await agent.run(await agent.newSession({}), 'hello'); // in a session that asks
    expect(ofType(events, 'tool_call_response')[0]?.result).toEqual({
      output: "Error: the arguments of 'shell' are not valid. cmd: must be text",
      isError: true,
    });
    expect(ofType(events, 'tool_call')).toEqual([]);
    expect(textOf(events)).toBe('I see.');
  });

  it('of which the beginning is reasoning in tags is stored and told as both', async () => {
    const { events, stored } = await answer([
      ['<thi', 'nk>Hm, 1 <', ' 2.</thin', 'k>\n\nTwo', ' of them.']
        .map((content) => chunk({ content }))
        .join('') +
        chunk({}, 'stop') +
        DONE,
    ]);
    expect(textOf(events)).toBe('Two of them.');
    expect(
      ofType(events, 'agent_choice_reasoning')
        .map(({ content }) => content)
        .join(''),
    ).toBe('Hm, 1 < 2.');
    expect(stored.at(-1)).toMatchObject({ content: 'Two of them.', reasoning_content: 'Hm, 1 < 2.' });
  });
});

/** A stream of Anthropic's events. */
const anthropic = (...events: Array<{ type: string; [field: string]: unknown }>) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

it('gives a signed thought back to Anthropic after the tool, as it was', async () => {
  const usage = { input_tokens: 10, output_tokens: 5 };
  const begin = {
    type: 'message_start',
    message: { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [], usage },
  };
  const block = (index: number, content_block: object, ...deltas: object[]) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  const end = (stop_reason: string) => [
    { type: 'message_delta', delta: { stop_reason }, usage },
    { type: 'message_stop' },
  ];
  const bodies = [
    anthropic(
      begin,
      ...block(
        0,
        { type: 'thinking', thinking: '' },
        { type: 'thinking_delta', thinking: 'Hm.' },
        { type: 'signature_delta', signature: 'sig' },
      ),
      ...block(
        1,
        { type: 'tool_use', id: 't1', name: 'think', input: {} },
        { type: 'input_json_delta', partial_json: '{"thought":"x"}' },
      ),
      ...end('tool_use'),
    ),
    anthropic(
      begin,
      ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Thought.' }),
      ...end('end_turn'),
    ),
  ];
  const sent: Array<{ messages: Array<{ role: string; content: unknown }> }> = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    sent.push(JSON.parse(Buffer.concat(pieces).toString()));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(bodies[sent.length - 1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = await startAgent(
    `models: { m: { provider: anthropic, model: claude-sonnet-4-5, max_tokens: 4000, thinking_budget: 2048, base_url: "${base}" } }
agents: { root: { model: m, instruction: Be kind., toolsets: [{ type: think }] } }
`,
    { environment: { ANTHROPIC_API_KEY: 'k' } },
  );
  const events = await agent.run(await agent.newSession(), 'hi');
  expect(ofType(events, 'error')).toEqual([]);
  expect(textOf(events)).toBe('Thought.');
  expect(sent[1]?.messages[1]).toEqual({
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
      { type: 'tool_use', id: 't1', name: 'think', input: { thought: 'x' } },
    ],
  });
  const cached = (message: unknown): boolean => JSON.stringify(message).includes('cache_control');
  expect(sent[1]?.messages.map(cached)).toEqual([false, false, true]); // the end alone
});

describe('an answer that an error ends in its middle', () => {
  const usage = { usage: { prompt_tokens: 7, completion_tokens: 3 } };
  const failed = 'data: {"error":{"message":"overloaded"}}\n\n';

  it('is not told as a whole one: neither added nor counted', async () => {
    const { events, stored, error } = await answer([
      `${chunk({ content: 'Half ' }) + failed + chunk({}, 'stop')}data: ${JSON.stringify(usage)}\n\n${DONE}`,
    ]);
    expect(error).toContain('overloaded');
    expect(ofType(events, 'message_added')).toEqual([]);
    expect(ofType(events, 'token_usage')).toEqual([]);
    const last = stored.at(-1);
    expect(last).toMatchObject({ role: 'assistant', content: 'Half ' });
    expect(last).not.toHaveProperty('usage');
    expect(last).not.toHaveProperty('model');
  });
});

describe('what a call has used', () => {
  const used = async (tokens: object) => {
    const { events } = await answer([
      chunk({ content: 'Yes.' }, 'stop') +
        `data: ${JSON.stringify({ choices: [], usage: tokens })}\n\n` +
        DONE,
    ]);
    return ofType(events, 'token_usage').at(-1)?.usage;
  };

  it('is told with what the provider had in its cache apart', async () => {
    const tokens = { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } };
    expect(await used(tokens)).toMatchObject({
      input_tokens: 100,
      output_tokens: 7,
      context_length: 107,
      last_message: { input_tokens: 40, cached_input_tokens: 60, output_tokens: 7 },
    });
  });

  it('is nothing, and no less, where the provider does not say', async () => {
    expect(await used({})).toMatchObject({
      input_tokens: 0,
      output_tokens: 0,
      last_message: { input_tokens: 0, cached_input_tokens: 0, cached_write_tokens: 0, output_tokens: 0 },
    });
  });
});

describe('an error that comes with a 200 keeps its words', () => {
  const quota = { message: 'You have no credit left', code: 402 };
  it.each([
    [
      'as JSON',
      JSON.stringify({ error: quota }),
      'application/json; charset=utf-8',
      /402 Payment Required .*no credit left/,
    ],
    [
      'as JSON, a text alone',
      '{"error":"model is loading"}',
      'application/json',
      /502 Bad Gateway .*model is loading/,
    ],
    ['as a page', '<html>Log in</html>', 'text/html', /502 Bad Gateway .*a page of the type text\/html/],
    [
      'in the stream',
      `data: ${JSON.stringify({ error: quota })}\n\n${DONE}`,
      'text/event-stream',
      /error while streaming: .*no credit left/,
    ],
    [
      'in the stream, a text alone',
      'data: {"error":"out of memory"}\n\n',
      'text/event-stream',
      /error while streaming: .*out of memory/,
    ],
    [
      'in the stream, in mid-answer',
      `${chunk({ content: 'Half' })}data: {"error":{"type":"overloaded","detail":"busy now"}}\n\n`,
      'text/event-stream',
      /busy now/,
    ],
  ])('%s', async (_, body, type, words) => {
    expect((await answer([body], type)).error).toMatch(words);
  });
});

it.each([
  ['refuses', async () => (await provider(['{"error":{"message":"no"}}'], 'application/json', 403)).url],
  ['is not there', async () => 'http://127.0.0.1:9/v1'],
])('names the host and no password of the address where the provider %s', async (_, address) => {
  const url = new URL(await address());
  url.username = 'me';
  url.password = 's3cret';
  const agent = await startAgent(fakeSoul(`${url.href}`));
  const events = await agent.run(await agent.newSession(), 'hello');
  const error = ofType(events, 'error')[0]?.error ?? '';
  expect(error).toContain(`POST "http://${url.host}/v1/chat/completions": `);
  expect(error).not.toContain('s3cret');
});

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

it('shows the pictures of tools as pictures, after all results of the turn', async () => {
  const calls = ['call_1', 'call_2'].map((id) => ({ id, name: 'screenshot', arguments: '{}' }));
  const model = await startFakeModel((request) =>
    afterTools(request) || request.messages.length > 2 ? { text: ['Seen.'] } : { toolCalls: calls },
  );
  onTestFinished(() => model.close());
  const tools = await startMcpServer({
    screenshot: {
      description: 'Takes a picture',
      inputSchema: { type: 'object', properties: {} },
      call: () => ({
        content: [
          { type: 'text', text: 'The screen' },
          { type: 'image', data: PNG, mimeType: 'image/png' },
        ],
      }),
    },
  });
  onTestFinished(() => tools.close());
  const agent = await startAgent(fakeSoul(model.baseUrl, { mcpUrl: tools.url }));
  const events = await agent.run(await agent.newSession(), 'what is on the screen?');
  expect(textOf(events)).toBe('Seen.');
  const sent = model.requests[1]?.messages ?? [];
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'user']);
  for (const { content } of sent.slice(3, 5))
    expect(content).toBe('The screen\n(The picture follows below.)');
  const caption = { type: 'text', text: expect.stringContaining('screenshot') };
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
  expect(sent[5]?.content).toEqual(
    [caption, picture, caption, picture].map((part) => expect.objectContaining(part)),
  );
});
