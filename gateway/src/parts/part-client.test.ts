import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { PartClient } from './part-client.ts';

async function serve(answer: RequestListener): Promise<PartClient> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return new PartClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'secret');
}

test('an answer is its status and JSON, whatever the status', async () => {
  const part = await serve((_, response) => response.writeHead(409).end('{"detail":"edited again"}'));
  expect(await part.request('POST', '/soul/publish', { body: { hash: 'a' } })).toEqual({
    status: 409,
    body: { detail: 'edited again' },
  });
});

test.each<[string, RequestListener]>([
  ['that says nothing in time', () => undefined],
  ['that closes the connection', (request) => request.socket.destroy()],
  [
    'that breaks off within its answer',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
    },
  ],
  ['that answers without JSON', (_, response) => response.end('<html>')],
])('a part %s is a state of that part, not an exception', async (_, answer) => {
  const part = await serve(answer);
  expect(await part.request('GET', '/status', { timeoutMs: 50 })).toBeNull();
});

test('a request that is given up ends at once', async () => {
  const part = await serve(() => undefined);
  const ending = new AbortController();
  const asked = part.request('GET', '/soul/watch', { timeoutMs: 600_000, signal: ending.signal });
  ending.abort();
  expect(await asked).toBeNull();
});

test('bytes come as they are, with the headers', async () => {
  const part = await serve((_, response) => {
    response.writeHead(200, { 'x-file-name': 'a.bin' }).end(Buffer.from([0, 255, 10]));
  });
  const { status, headers, body } = (await part.download('/file')) ?? {};
  expect({ status, name: headers?.['x-file-name'], bytes: [...(body ?? [])] }).toEqual({
    status: 200,
    name: 'a.bin',
    bytes: [0, 255, 10],
  });
});

test.each([
  ['{"jsonrpc":"2.0","id":1,"error":{"message":"no such tool"}}', 'it gave no text'],
  ['<html>', 'its answer is no JSON'],
])('a tool that answers %s is told as what it is', async (answer, reason) => {
  const part = await serve((_, response) => response.end(answer));
  await expect(part.callTool('memory_read', {})).rejects.toThrow(reason);
});
