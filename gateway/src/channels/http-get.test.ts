import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { httpGet } from './http-get.ts';

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token/file`);
}

const LIMITS = { mostBytes: 1000, timeoutMs: 10_000 };

test('a file comes as it is', async () => {
  const url = await serve((_request, response) => response.end(Buffer.from([1, 2, 3])));
  expect([...(await httpGet(url, LIMITS))]).toEqual([1, 2, 3]);
});

test('a file that is too large, missing, cut off or never comes is an error without its address', async () => {
  const large = await serve((_request, response) => response.end('x'.repeat(5000)));
  await expect(httpGet(large, LIMITS)).rejects.toMatchObject({ code: 'too-large' });
  const missing = await serve((_request, response) => response.writeHead(404).end());
  await expect(httpGet(missing, LIMITS)).rejects.toMatchObject({ code: '404' });
  const cut = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '500' }).write('x');
    setImmediate(() => response.destroy());
  });
  await expect(httpGet(cut, LIMITS)).rejects.toMatchObject({ code: 'network' });
  const silent = await serve(() => undefined);
  const late = httpGet(silent, { ...LIMITS, timeoutMs: 50 });
  await expect(late).rejects.toMatchObject({ code: 'timeout' });
  await expect(late).rejects.not.toThrow('secret-token');
});

test('headers are not taken along to another host', async () => {
  let seen: string | undefined;
  const other = await serve((request, response) => {
    seen = request.headers.authorization;
    response.end('ok');
  });
  const first = await serve((_request, response) => response.writeHead(302, { location: other.href }).end());
  await httpGet(first, { ...LIMITS, headers: { authorization: 'Bearer secret' } });
  expect(seen).toBeUndefined();
});
