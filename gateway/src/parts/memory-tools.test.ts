import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readMemoryFile } from './memory-tools.ts';
import { PartClient } from './part-client.ts';

async function serve(status: number, body: unknown) {
  const asked: { authorization: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body: JSON.parse(text) });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('it calls memory_read and gives its text', async () => {
  const result = { content: [{ type: 'text', text: '# About\n- Alice' }] };
  const { url, asked } = await serve(200, { jsonrpc: '2.0', id: 1, result });
  expect(await readMemoryFile(new PartClient(url, 'secret'))).toBe('# About\n- Alice');
  expect(asked[0]).toMatchObject({
    authorization: 'Bearer secret',
    body: { method: 'tools/call', params: { name: 'memory_read', arguments: { file: 'MEMORY.md' } } },
  });
});

test('a memory server that refuses, is away or is not there is told as such', async () => {
  const { url } = await serve(403, {});
  expect(await readMemoryFile(new PartClient(url, 'wrong'))).toContain('HTTP 403');
  expect(await readMemoryFile(new PartClient('http://127.0.0.1:1', 'secret'))).toContain('ECONNREFUSED');
  expect(await readMemoryFile(null)).toContain('No memory server');
});
