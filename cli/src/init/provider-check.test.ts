import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startConnectProxy } from '@mobyclaw/testkit/connect-proxy';
import { expect, onTestFinished, test } from 'vitest';
import { checkKey } from './provider-check.ts';

test('a key is checked through the proxy that the settings name', async () => {
  const server = createServer((request, response) => {
    const known = request.headers.authorization === 'Bearer sk-1';
    response.writeHead(known ? 200 : 401).end(JSON.stringify({ data: [{ id: 'gpt-9' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const hosts = { 'models.test:80': { port: (server.address() as AddressInfo).port } };
  const proxy = await startConnectProxy({ hosts, login: 'moby:pass' });
  onTestFinished(() => proxy.close());
  const question = {
    provider: 'openai' as const,
    baseUrl: 'http://models.test/v1',
    env: { http_proxy: proxy.url },
  };
  expect(await checkKey({ ...question, key: 'sk-1' })).toEqual({ result: 'accepted', models: ['gpt-9'] });
  expect(await checkKey({ ...question, key: 'sk-2' })).toMatchObject({ result: 'refused' });
  expect(proxy.asked).toEqual(Array(2).fill('GET http://models.test/v1/models'));
});

test('a proxy that is not there is told as such, without its password', async () => {
  const gone = await startConnectProxy({ login: 'moby:s3cret' });
  await gone.close();
  expect(
    await checkKey({
      provider: 'anthropic',
      key: 'sk',
      baseUrl: 'https://models.test',
      env: { HTTPS_PROXY: gone.url },
    }),
  ).toEqual({
    result: 'unknown',
    detail: 'models.test cannot be reached (the proxy cannot be reached (ECONNREFUSED))',
  });
});
