import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@mobyclaw/lib/logger';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { mcpHandler } from './handler.ts';
import { mcpTool } from './tool.ts';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

interface Asked {
  ask(body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** @param work what its only tool does */
async function start(work: (tell: (message: string) => void) => Promise<string>): Promise<Asked> {
  const handler = mcpHandler({
    name: 'test',
    version: '1.2.3',
    instructions: 'Works.',
    tools: [
      mcpTool({
        name: 'work',
        title: 'Work',
        description: 'Works.',
        input: z.object({}),
        annotations: {},
        run: (_input, _caller, progress) => work(progress ?? (() => undefined)),
      }),
    ],
    identify: () => ({}),
    logger: silentLogger,
    commentEveryMs: 5,
  });
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    await handler(Object.assign(request, { body: JSON.parse(text) }), response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return {
    ask: (body, headers = {}) =>
      fetch(url, { method: 'POST', headers: { ...HEADERS, ...headers }, body: JSON.stringify(body) }),
  };
}

const rpc = (method: string, params?: object, id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params });
const done = () => start(async () => 'done');

test.each([
  ['2025-11-25', '2025-11-25'],
  ['2024-11-05', '2024-11-05'],
  ['1999-01-01', '2025-11-25'],
])('a client that speaks %s is offered %s', async (asked, offered) => {
  const { ask } = await done();
  const answer = await ask(rpc('initialize', { protocolVersion: asked, capabilities: {}, clientInfo: {} }));
  expect(await answer.json()).toEqual({
    jsonrpc: '2.0',
    id: 1,
    result: {
      protocolVersion: offered,
      capabilities: { tools: {} },
      serverInfo: { name: 'test', version: '1.2.3' },
      instructions: 'Works.',
    },
  });
});

test.each([
  ['no streams are accepted', { accept: 'application/json' }, 406],
  ['it is no JSON', { 'content-type': 'text/plain' }, 415],
  ['the protocol is unknown', { 'mcp-protocol-version': '1999-01-01' }, 400],
])('refused where %s', async (_what, headers, status) => {
  const { ask } = await done();
  const answer = await ask(rpc('ping'), headers);
  expect([answer.status, await answer.json()]).toEqual([
    status,
    { jsonrpc: '2.0', id: null, error: { code: -32_000, message: expect.any(String) } },
  ]);
});

test.each([
  ['another JSON-RPC', { jsonrpc: '1.0', id: 1, method: 'ping' }, -32_700],
  ['an id that is none', rpc('ping', {}, { no: 'id' }), -32_700],
  ['no object', 'ping', -32_700],
  ['nothing', [], -32_700],
  ['a large batch', Array.from({ length: 101 }, () => rpc('ping')), -32_600],
  ['initialize in a batch', [rpc('ping'), rpc('initialize', { protocolVersion: '2025-03-26' })], -32_600],
])('%s is no message: 400', async (_what, body, code) => {
  const { ask } = await done();
  const answer = await ask(body);
  expect([answer.status, await answer.json()]).toMatchObject([400, { id: null, error: { code } }]);
});

test.each([
  ['initialize without a version', rpc('initialize', {})],
  ['a call without a name', rpc('tools/call', {})],
  ['arguments that are no object', rpc('tools/call', { name: 'work', arguments: [1] })],
  ['an unknown tool', rpc('tools/call', { name: 'play' })],
])('%s: invalid params', async (_what, body) => {
  const { ask } = await done();
  expect(await (await ask(body)).json()).toMatchObject({ id: 1, error: { code: -32_602 } });
});

test('notifications and answers need no answer', async () => {
  const { ask } = await done();
  for (const message of [
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 4, result: {} },
  ]) {
    const answer = await ask(message);
    expect([answer.status, await answer.text()]).toEqual([202, '']);
  }
});

test('a batch is answered as one, its notifications not at all', async () => {
  const { ask } = await done();
  const answer = await ask([
    rpc('ping', {}, 'a'),
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'a' } },
    rpc('tools/call', { name: 'work' }, 'b'),
  ]);
  expect(await answer.json()).toEqual([
    { jsonrpc: '2.0', id: 'a', result: {} },
    { jsonrpc: '2.0', id: 'b', result: { content: [{ type: 'text', text: 'done' }] } },
  ]);
});

test('who follows progress gets a stream that shows life, what is told, and the answer last', async () => {
  const told = Promise.withResolvers<void>();
  const { ask } = await start(async (tell) => {
    tell('half way');
    await told.promise;
    return 'done';
  });
  const answer = await ask(rpc('tools/call', { name: 'work', _meta: { progressToken: 'p' } }));
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.includes('\n: ') || text.startsWith(': ')) told.resolve();
  }
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as unknown);
  expect(events).toEqual([
    {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: 1, message: 'half way' },
    },
    { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'done' }] } },
  ]);
});

test.each([
  ['a mistake of ours', new TypeError('secret'), 'internal error'],
  ['a system call', Object.assign(new Error('secret'), { code: 'EIO' }), 'internal error (EIO)'],
  ['a full disk', Object.assign(new Error('secret'), { code: 'ENOSPC' }), 'the disk is full'],
])(
  '%s is told to the model in words of its own, with the code where there is one',
  async (_what, error, cause) => {
    const { ask } = await start(async () => {
      throw error;
    });
    const answer = await ask(rpc('tools/call', { name: 'work', arguments: {} }));
    expect(await answer.json()).toMatchObject({
      result: {
        isError: true,
        content: [{ type: 'text', text: `work failed: ${cause}. Nothing was changed.` }],
      },
    });
  },
);
