/** Requests through a real proxy on this machine. */
import { createServer, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type ConnectProxyOptions,
  makeCertificate,
  startConnectProxy,
} from '@mobyclaw/testkit/connect-proxy';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, onTestFinished, test } from 'vitest';
import { outsideAgent } from './outside-agent.ts';
import type { Environment } from './proxy.ts';

async function startProxy(options?: ConnectProxyOptions) {
  const proxy = await startConnectProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** @returns its port; it says which host it was asked as */
async function startFar(): Promise<number> {
  const server = createServer((request, response) => response.end(`${request.headers.host}${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function ask(url: string, env: Environment, ca?: string, tunnelMs?: number): Promise<string> {
  const secure = url.startsWith('https:');
  const agent = outsideAgent(secure, { ...(ca === undefined ? {} : { ca }) } as object, env, tunnelMs);
  onTestFinished(() => agent.destroy());
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    (secure ? getHttps : getHttp)(url, { agent }, resolve).on('error', reject);
  });
  return text(answer);
}

/** Somebody was there a moment ago. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!requireTool('openssl'))('TLS', () => {
  test('a host is asked through a tunnel, with the name and the password of the address', async () => {
    const certificate = makeCertificate(temporaryFolder(), ['far.test']);
    const hosts = { 'far.test:443': { port: await startFar(), certificate } };
    const proxy = await startProxy({ hosts, login: 'me:p@ss:word' });
    expect(await ask('https://far.test/v1', { HTTPS_PROXY: proxy.url }, certificate.cert)).toBe(
      'far.test/v1',
    );
    expect(proxy.asked).toEqual(['CONNECT far.test:443']);
  });

  test('a host whose certificate nobody vouches for is no fault of the proxy', async () => {
    const certificate = makeCertificate(temporaryFolder(), ['far.test']);
    const proxy = await startProxy({ hosts: { 'far.test:443': { port: await startFar(), certificate } } });
    await expect(ask('https://far.test/v1', { https_proxy: proxy.url })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });
});

test('without TLS the proxy is told the whole address', async () => {
  const proxy = await startProxy({ hosts: { 'far.test:80': { port: await startFar() } }, login: 'me:pass' });
  expect(await ask('http://far.test/v1', { http_proxy: proxy.url })).toBe('far.test/v1');
  expect(proxy.asked).toEqual(['GET http://far.test/v1']);
});

test('what is not proxied is asked itself, whatever the proxy is', async () => {
  const port = await startFar();
  const env = { HTTP_PROXY: 'socks5://me:secret@nowhere.test', NO_PROXY: 'other.test' };
  expect(await ask(`http://127.0.0.1:${port}/a`, env)).toBe(`127.0.0.1:${port}/a`);
  expect(await ask(`http://localhost:${port}/a`, env)).toBe(`localhost:${port}/a`);
});

describe.each(['http', 'https'])('by %s', (scheme) => {
  const far = `${scheme}://far.test/v1`;
  const through = (address: string): Environment => ({ HTTP_PROXY: address, HTTPS_PROXY: address });

  test('a proxy that is not there', async () => {
    const env = through(`http://me:secret@127.0.0.1:${await freePort()}`);
    const failure = await ask(far, env).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ name: 'ProxyError', code: 'ERR_PROXY_ECONNREFUSED' });
    expect(String(failure)).toMatch(/the proxy cannot be reached .*HTTPS_PROXY/);
    expect(String(failure)).not.toContain('secret');
  });

  test('what is no address of a proxy', async () => {
    const failure = await ask(far, through('socks5://me:secret@127.0.0.1:1')).catch(
      (error: unknown) => error as Error,
    );
    expect(failure).toMatchObject({ name: 'ProxyError', code: 'ERR_PROXY_INVALID' });
    expect(String(failure)).not.toContain('secret');
  });
});

test.each([
  [{ hosts: {}, login: 'me:pass' }, 'ERR_PROXY_407'],
  [{ hosts: {} }, 'ERR_PROXY_403'],
])('a proxy %o lets nothing through: %s', async (options, code) => {
  const proxy = await startProxy(options);
  const env = { HTTPS_PROXY: `http://me:wrong@127.0.0.1:${proxy.port}` };
  await expect(ask('https://far.test/v1', env)).rejects.toMatchObject({ name: 'ProxyError', code });
});

test('a line that is cut once the proxy was reached is told as that, and not as a proxy that is away', async () => {
  const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const HTTP_PROXY = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const error = await ask('http://far.test/', { HTTP_PROXY }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test('a proxy that takes the connection and says nothing', async () => {
  const proxy = await startProxy({ silent: true });
  await expect(ask('https://far.test/v1', { HTTPS_PROXY: proxy.url }, undefined, 100)).rejects.toMatchObject({
    name: 'ProxyError',
    code: 'ERR_PROXY_TIMEOUT',
  });
});
