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

const LIMITS = { mostBytes: 1000, timeoutMs: 10_000, mayAsk: () => true };

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

test.each([
  ['another host', 'http://localhost:1/x'],
  ['another protocol', 'ftp://127.0.0.1/x'],
  ['what is no address', 'http://[/x'],
])('a redirect to %s is not followed', async (_, location) => {
  const url = await serve((_request, response) => response.writeHead(302, { location }).end());
  const mayAsk = ({ host }: URL): boolean => host === url.host;
  await expect(httpGet(url, { ...LIMITS, mayAsk })).rejects.toMatchObject({ code: 'elsewhere' });
});

test('an address that may not be asked is not asked', async () => {
  let asked = 0;
  const url = await serve((_request, response) => response.end(String(++asked)));
  await expect(httpGet(url, { ...LIMITS, mayAsk: () => false })).rejects.toMatchObject({ code: 'elsewhere' });
  expect(asked).toBe(0);
});
