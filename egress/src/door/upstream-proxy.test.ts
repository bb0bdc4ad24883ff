import { startConnectProxy } from '@mobyclaw/testkit/connect-proxy';
import { expect, onTestFinished, test } from 'vitest';
import { rest, say, tlsIn, tunnel } from '../testing/raw-client.ts';
import { world } from '../testing/start-door.ts';

async function behindProxy(names: Record<string, string[][]>, login = 'me:p%40ss') {
  const at = await world();
  const { port } = await at.https('site.test', (_request, response) => response.end('hello'));
  const plain = await at.http((_request, response) => response.end('plain hello'));
  const proxy = await startConnectProxy({
    hosts: { 'site.test:443': { port }, 'site.test:80': { port: plain.port } },
    login: 'me:p@ss',
  });
  onTestFinished(() => proxy.close());
  const address = `http://${login}@127.0.0.1:${proxy.port}`;
  const environment = { HTTPS_PROXY: address, HTTP_PROXY: address, NO_PROXY: 'direct.test' };
  const rules = { 'site.test': {}, 'other.test': {}, 'direct.test': {} };
  return { at, port, proxy, door: await at.door({ names, rules }, environment) };
}

test('behind a proxy of this machine the host is asked for by its name, also where nobody here knows it', async () => {
  const { at, proxy, door } = await behindProxy({});
  const secure = await tlsIn(await tunnel(door.port, 'site.test:443'), {
    servername: 'site.test',
    ca: at.ca,
  });
  secure.write('GET / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n');
  expect(await rest(secure)).toContain('hello');
  const plain = await say(
    door.port,
    'GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n',
  );
  expect(plain.text).toContain('plain hello');
  expect(proxy.asked).toEqual(['CONNECT site.test:443', 'CONNECT site.test:80']);
});

test('a name that leads inside, as this machine knows, is not asked of the proxy either', async () => {
  const { proxy, door } = await behindProxy({ 'site.test': [['10.0.0.1']] });
  const { text } = await say(door.port, 'CONNECT site.test:443 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(text).toContain('a private address');
  expect(proxy.asked).toEqual([]);
});

test('what the proxy refuses is told as its refusal; a name of NO_PROXY is dialled without it', async () => {
  const { proxy, port, door } = await behindProxy({ 'direct.test': [['127.0.0.1']] });
  const other = await say(door.port, 'CONNECT other.test:443 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(other).toMatchObject({
    status: 502,
    text: expect.stringContaining('through the proxy of this machine (ERR_PROXY_403)'),
  });
  (await tunnel(door.port, `direct.test:${port}`)).destroy();
  expect(proxy.asked).toEqual(['CONNECT other.test:443']);
});

test('a login that the proxy does not take is told, without a word of it', async () => {
  const { door } = await behindProxy({}, 'me:wrong');
  const { text } = await say(door.port, 'CONNECT site.test:443 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(text).toContain('ERR_PROXY_407');
  expect(text).not.toContain('wrong');
});
