import { EventEmitter, once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { PartService } from '@mobyclaw/lib/part-process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { serveMcpHttp } from './http.ts';
import { mcpTool, ToolError } from './tool.ts';

const TOKEN = 'a-token-of-some-length';
const GATEWAY_TOKEN = 'another-token-of-some-length';
const AS_GATEWAY = { authorization: `Bearer ${GATEWAY_TOKEN}` };
let service: PartService;
let waits: EventEmitter;

beforeEach(async () => {
  waits = new EventEmitter();
  service = await serveMcpHttp(
    {
      name: 'test',
      version: '1.0.0',
      instructions: 'Echoes.',
      tools: [
        mcpTool({
          name: 'echo',
          title: 'Echo',
          description: 'Says it again.',
          input: z.object({ text: z.string(), times: z.int().default(1) }),
          annotations: { readOnlyHint: true },
          run({ text, times }, caller) {
            if (text === 'refuse') throw new ToolError('Say something else.');
            if (text === 'break') throw new Error('a secret detail');
            return `${text.repeat(times)} for ${caller.asker}, ${caller.session ?? 'nobody'}`;
          },
        }),
      ],
      token: TOKEN,
      allowedHosts: ['memory'],
      logger: silentLogger,
      identify: (headers) => {
        const session = headers['x-test-session'];
        if (!session) throw new ToolError('Who asks?');
        return { asker: 'guest', session: String(session) };
      },
      gateway: {
        token: GATEWAY_TOKEN,
        routes: [
          { method: 'POST', path: '/extra', answer: ({ body }) => body },
          { method: 'POST', path: '/later', answer: async ({ body }) => body },
          {
            method: 'GET',
            path: '/wait',
            async answer({ query, gone }) {
              waits.emit('begun', query.for);
              await once(gone, 'abort');
              waits.emit('gone');
            },
          },
        ],
      },
    },
    { host: '127.0.0.1', port: 0 },
  );
});
afterEach(() => service.close());

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** `fetch` would not let a test choose the Host header. */
function send(
  path: string,
  options: { method?: string; headers?: object; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      `${service.url}${path}`,
      {
        method: options.method ?? 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...options.headers,
        },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

function rpc(method: string, params: object = {}, more: object = {}): Promise<Answer> {
  const headers = { 'x-test-session': 'cli:main', ...more };
  return send('/mcp', { headers, body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }) });
}

const resultOf = (answer: Answer) => JSON.parse(answer.body).result;

test('health needs no token, everything else does, and no challenge starts an OAuth dialogue', async () => {
  expect((await send('/healthz', { method: 'GET', headers: { authorization: '' } })).status).toBe(200);
  for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`]) {
    for (const path of ['/mcp', '/extra', '/nowhere']) {
      const answer = await send(path, { headers: { authorization } });
      expect(answer.status).toBe(403);
      expect(answer.headers['www-authenticate']).toBeUndefined();
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.body).not.toContain(TOKEN);
    }
  }
});

test('answers only to its own names and to no foreign page', async () => {
  expect((await rpc('ping', {}, { host: 'memory:9100' })).status).toBe(200);
  expect((await rpc('ping', {}, { host: 'attacker.example' })).status).toBe(403);
  expect((await rpc('ping', {}, { host: 'no name' })).status).toBe(400);
  expect((await rpc('ping', {}, { origin: 'https://attacker.example' })).status).toBe(403);
  expect((await rpc('ping', {}, { origin: 'http://localhost:3000' })).status).toBe(200);
  const health = await send('/healthz', { method: 'GET', headers: { host: 'attacker.example' } });
  expect(health.status).toBe(403);
});

test('offers no GET stream and no session to delete', async () => {
  for (const method of ['GET', 'DELETE', 'PUT']) {
    const answer = await send('/mcp', { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('POST');
  }
});

test('an unknown method is answered at once with -32601', async () => {
  const answer = await rpc('server/discover');
  expect(JSON.parse(answer.body)).toMatchObject({ id: 7, error: { code: -32601 } });
});

test('a call works without a session and knows who asks', async () => {
  const call = { name: 'echo', arguments: { text: 'hi' } };
  const answer = await rpc('tools/call', call);
  expect(answer.headers['mcp-session-id']).toBeUndefined();
  expect(resultOf(answer)).toEqual({ content: [{ type: 'text', text: 'hi for guest, cli:main' }] });
  const nameless = await rpc('tools/call', call, { 'x-test-session': '' });
  expect(resultOf(nameless)).toEqual({ content: [{ type: 'text', text: 'Who asks?' }], isError: true });
  expect(resultOf(await rpc('tools/list', {}, { 'x-test-session': '' })).tools).toHaveLength(1);
});

test('further routes are the gateway’s, who asks for the owner', async () => {
  expect((await send('/extra', { body: '{}' })).status).toBe(403);
  expect((await send('/extra', { body: '{}', headers: AS_GATEWAY })).status).toBe(200);
  const call = { name: 'echo', arguments: { text: 'hi' } };
  const answer = await rpc('tools/call', call, { ...AS_GATEWAY, 'x-test-session': '' });
  expect(resultOf(answer).content[0].text).toBe('hi for owner, nobody');
});

test('null stands for a parameter left out', async () => {
  const answer = await rpc('tools/call', { name: 'echo', arguments: { text: 'hi', times: null } });
  expect(resultOf(answer).content[0].text).toBe('hi for guest, cli:main');
});

test('mistakes are told to the model, faults of ours are not spelled out', async () => {
  const call = async (input: object) =>
    resultOf(await rpc('tools/call', { name: 'echo', arguments: input })) as {
      isError: boolean;
      content: { text: string }[];
    };
  expect(await call({ text: 'refuse' })).toEqual({
    isError: true,
    content: [{ type: 'text', text: 'Say something else.' }],
  });
  expect((await call({ text: 1 })).content[0]?.text).toMatch(/text: must be text/);
  const broken = await call({ text: 'break' });
  expect(broken.isError).toBe(true);
  expect(broken.content[0]?.text).not.toContain('secret');
  const unknown = await rpc('tools/call', { name: 'nope' });
  expect(JSON.parse(unknown.body).error.message).toContain('There are: echo');
});

test('bad bodies are refused as what they are', async () => {
  const garbled = await send('/mcp', { body: '{"jsonrpc":' });
  expect([garbled.status, JSON.parse(garbled.body).error.code]).toEqual([400, -32700]);
  const problem = await send('/extra', { body: '{', headers: AS_GATEWAY });
  expect([problem.status, problem.headers['content-type']]).toEqual([400, 'application/problem+json']);
  const large = await send('/extra', {
    body: JSON.stringify('x'.repeat(1024 * 1024)),
    headers: AS_GATEWAY,
  });
  expect(large.status).toBe(413);
  const tooDeep = await send('/extra', { body: '['.repeat(100) + ']'.repeat(100), headers: AS_GATEWAY });
  expect(tooDeep.status).toBe(400);
  const packed = { ...AS_GATEWAY, 'content-encoding': 'gzip' };
  expect((await send('/extra', { body: gzipSync('{}'), headers: packed })).status).toBe(415);
  const utf16 = { ...AS_GATEWAY, 'content-type': 'application/json; charset=utf-16le' };
  expect((await send('/extra', { body: Buffer.from('{}', 'utf16le'), headers: utf16 })).status).toBe(400);
  expect((await send('/nowhere', { headers: AS_GATEWAY })).status).toBe(404);
});

test('a body that is too large is answered, whether or not it says its length', async () => {
  const body = 'x'.repeat(3 * 1024 * 1024);
  for (const length of [{}, { 'transfer-encoding': 'chunked' }]) {
    const answer = await send('/extra', { body, headers: { ...AS_GATEWAY, ...length } });
    expect([answer.status, JSON.parse(answer.body).detail]).toEqual([413, expect.stringContaining('larger')]);
  }
});

test('what a route works on for a while is answered as it stands then', async () => {
  const answer = await send('/later', { body: '{"a":[1]}', headers: AS_GATEWAY });
  expect([answer.status, answer.body]).toEqual([200, '{"a":[1]}']);
});

test('a route is told that its client has left, and what was asked', async () => {
  const begun = once(waits, 'begun');
  const gone = once(waits, 'gone');
  const waiting = httpRequest(`${service.url}/wait?for=a%20change`, { headers: AS_GATEWAY });
  waiting.on('error', () => undefined); // its own leaving
  waiting.end();
  expect(await begun).toEqual(['a change']);
  waiting.destroy();
  await gone;
});

test('whoever leaves in the middle of a body is no fault of ours', async () => {
  const faults = vi.spyOn(silentLogger, 'error');
  const leaving = httpRequest(`${service.url}/extra`, {
    method: 'POST',
    headers: { ...AS_GATEWAY, 'content-type': 'application/json', 'content-length': 100 },
  });
  const left = once(leaving, 'error');
  leaving.write('{', () => leaving.destroy(new Error('gone')));
  await left;
  expect((await send('/healthz', { method: 'GET' })).status).toBe(200); // the server saw the end before this
  expect(faults).not.toHaveBeenCalled();
});

test('tools are listed with their schema and hints', async () => {
  const [tool] = resultOf(await rpc('tools/list')).tools;
  expect(tool.annotations).toEqual({ title: 'Echo', readOnlyHint: true });
  expect(tool.inputSchema.required).toEqual(['text']);
});
