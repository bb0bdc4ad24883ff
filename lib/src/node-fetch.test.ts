/** Requests through a real proxy on this machine; the far hosts exist by its word alone. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { agentsFor, fetchThrough } from './node-fetch.ts';

/** Answers what is asked of it by itself, and notes what was; tunnels are noted and refused. */
async function startProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    response.end('from the proxy');
  });
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test.each([
  ['HTTP_PROXY', 'HTTPS_PROXY'],
  ['http_proxy', 'https_proxy'],
])('%s and %s are asked for hosts elsewhere', async (plain, secure) => {
  const { url, asked } = await startProxy();
  const fetchIt = fetchThrough(agentsFor({ [plain]: url, [secure]: url }));
  const answer = await fetchIt('http://models.test/v1/chat/completions', { method: 'POST', body: '{}' });
  expect(await answer.text()).toBe('from the proxy');
  await expect(fetchIt('https://models.test/v1')).rejects.toThrow('fetch failed');
  expect(asked).toEqual(['POST http://models.test/v1/chat/completions', 'CONNECT models.test:443']);
});

test('this machine, the parts of the stack and what NO_PROXY names are never asked through it', async () => {
  const { url, asked } = await startProxy();
  const own = await startProxy();
  const fetchIt = fetchThrough(agentsFor({ HTTP_PROXY: url, NO_PROXY: 'inside.test' }));
  const port = new URL(own.url).port;
  for (const host of ['127.0.0.1', 'localhost']) {
    expect(await (await fetchIt(`http://${host}:${port}/v1`)).text()).toBe('from the proxy');
  }
  expect(own.asked).toEqual(['GET /v1', 'GET /v1']);
  for (const host of ['memory', 'gateway', 'workspace', 'egress', 'egress-control', 'inside.test']) {
    await fetchIt(`http://${host}:1/mcp`).catch(() => undefined); // there is nobody of that name here
  }
  expect(asked).toEqual([]);
});

test('without a proxy nothing is different', async () => {
  const { url, asked } = await startProxy();
  await (await fetchThrough(agentsFor({}))(`${url}/v1`)).text();
  expect(asked).toEqual(['GET /v1']);
});

/** A server that answers as the test says. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('a text is sent as it is, with its length in bytes', async () => {
  const url = await serve(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { 'content-length': length, 'content-type': type } = request.headers;
    response.end(JSON.stringify({ text: Buffer.concat(pieces).toString(), length, type }));
  });
  const send = fetchThrough(agentsFor({}));
  const plain = await send(url, { method: 'POST', body: 'grüße 😀' });
  expect(await plain.json()).toEqual({ text: 'grüße 😀', length: '12', type: 'text/plain;charset=UTF-8' });
  const headers = { 'Content-Type': 'application/json' };
  const json = await send(url, { method: 'POST', body: '', headers });
  expect(await json.json()).toEqual({ text: '', length: '0', type: 'application/json' });
});

test('a body is not read faster than it is taken, and is whole in the end', async () => {
  const all = Buffer.alloc(20_000_000, 'x');
  let sent = false;
  const url = await serve((_request, response) => void response.end(all, () => (sent = true)));
  const reader = (await fetchThrough(agentsFor({}))(url)).body?.getReader();
  let length = (await reader?.read())?.value?.length ?? 0;
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toBe(false);
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
    length += piece.value.length;
  }
  expect(length).toBe(all.length);
});

test('a body that breaks off is an error, one that is not wanted any more closes its connection', async () => {
  const closed = Promise.withResolvers<void>();
  const url = await serve((request, response) => {
    response.write('begun');
    if (request.url === '/cut') setImmediate(() => response.destroy());
    else response.once('close', closed.resolve);
  });
  const send = fetchThrough(agentsFor({}));
  await expect((await send(`${url}cut`)).text()).rejects.toMatchObject({ code: 'ECONNRESET' });
  await (await send(url)).body?.cancel();
  await closed.promise;
});

/** Hangs up, without an answer, on every request that is not the first of its connection. */
async function serveOnce() {
  let connections = 0;
  const url = await serve((request, response) => {
    const socket = request.socket as typeof request.socket & { used?: boolean };
    if (socket.used) {
      socket.destroy();
      return;
    }
    socket.used = true;
    connections++;
    response.end('answer');
  });
  return { url, connections: () => connections };
}

test('a request that may be repeated is, where a kept connection turns out to be closed', async () => {
  const { url, connections } = await serveOnce();
  const repeating = { repeats: true };
  const send = fetchThrough(agentsFor({}, repeating), repeating);
  for (let turn = 1; turn <= 3; turn++) {
    const answer = await send(url, { method: 'POST', body: 'q' });
    expect([await answer.text(), connections()]).toEqual(['answer', turn]);
  }
});

test('one that may not be is not, and a connection that was never used before is no reason to', async () => {
  const { url } = await serveOnce();
  const keeping = agentsFor({}, { repeats: true });
  const once = fetchThrough(keeping);
  await (await once(url)).text();
  await expect(once(url)).rejects.toThrow('fetch failed');
  let asked = 0;
  const gone = await serve((request) => {
    asked++;
    request.socket.destroy();
  });
  await expect(fetchThrough(keeping, { repeats: true })(gone)).rejects.toThrow('fetch failed');
  expect(asked).toBe(1);
});

test('a connection is used again where requests may be repeated', async () => {
  const ports = new Set<unknown>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('answer');
  });
  const repeating = { repeats: true };
  const send = fetchThrough(agentsFor({}, repeating), repeating);
  for (let turn = 0; turn < 3; turn++) await (await send(url)).text();
  expect(ports.size).toBe(1);
});
