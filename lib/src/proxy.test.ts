import { expect, test } from 'vitest';
import { isProxied, proxyOf, proxyTrouble } from './proxy.ts';

const HTTPS_PROXY = 'http://proxy.test:3128';

test.each([
  ['https://api.telegram.org', {}, true],
  ['https://api.telegram.org', { NO_PROXY: 'telegram.org' }, false], // what is below a name, too
  ['https://telegram.org', { NO_PROXY: 'telegram.org' }, false],
  ['https://nottelegram.org', { NO_PROXY: 'telegram.org,.telegram.org,*.telegram.org' }, true],
  ['https://telegram.org', { NO_PROXY: '.telegram.org' }, false], // as curl has it
  ['https://api.telegram.org', { no_proxy: '.telegram.org' }, false],
  ['https://api.telegram.org', { NO_PROXY: '*.telegram.org' }, false],
  ['https://API.Telegram.ORG', { NO_PROXY: 'Api.telegram.org' }, false],
  ['https://api.telegram.org', { NO_PROXY: '*' }, false],
  ['https://api.telegram.org', { NO_PROXY: 'api.telegram.org:443' }, false],
  ['https://api.telegram.org:8443', { NO_PROXY: 'api.telegram.org:443' }, true],
  ['https://api.telegram.org:8443', { NO_PROXY: 'a.test, api.telegram.org:8443' }, false],
  ['https://b.test', { NO_PROXY: 'a.test  b.test' }, false],
  ['https://b.test', { NO_PROXY: 'a.test', no_proxy: 'b.test' }, false], // both count
  ['https://a.test', { NO_PROXY: 'a.test', no_proxy: 'b.test' }, false],
  ['https://10.20.30.40', { NO_PROXY: '10.0.0.0/8' }, false],
  ['https://11.0.0.1', { NO_PROXY: '10.0.0.0/8' }, true],
  ['https://192.168.5.9', { NO_PROXY: '192.168.5.0-192.168.5.9' }, false],
  ['https://192.168.5.10', { NO_PROXY: '192.168.5.0-192.168.5.9' }, true],
  ['https://[fd00::1]', { NO_PROXY: '[fd00::1]' }, false],
  ['https://localhost:9', {}, false],
  ['https://127.8.8.8', {}, false],
  ['https://[::1]', {}, false],
  ['https://memory:9100', {}, false],
  ['https://gateway:3000', {}, false],
  ['https://workspace:9200', {}, false],
  ['https://moby-agent:8080', {}, false],
  ['https://host.docker.internal:11434', {}, false],
  ['http://api.telegram.org', {}, false], // HTTP_PROXY is not set
])('%s with %o: %s', (url, more, through) => {
  expect(isProxied(new URL(url), { HTTPS_PROXY, ...more })).toBe(through);
});

test.each([
  ['proxy.test:3128', 'http://proxy.test:3128/'], // as curl and Go take it
  ['https://proxy.test', 'https://proxy.test/'],
  ['http://me:p%40ss@proxy.test:1', 'http://me:p%40ss@proxy.test:1/'],
  ['socks5://proxy.test:1080', null],
  ['http://me:100%@proxy.test:1', null],
  ['http://[proxy', null],
])('the proxy %s is asked at %s', (set, address) => {
  expect(proxyOf('https:', { HTTPS_PROXY: set })).toMatchObject({ address });
});

test('lower case comes first, and what is empty is not set', () => {
  expect(proxyOf('http:', { http_proxy: 'http://a.test', HTTP_PROXY: 'http://b.test' })).toMatchObject({
    address: 'http://a.test/',
  });
  expect(proxyOf('http:', { http_proxy: '', HTTP_PROXY: 'http://b.test' })).toMatchObject({
    address: 'http://b.test/',
  });
  expect(proxyOf('http:', { http_proxy: '', HTTP_PROXY: '' })).toBeNull();
});

test('an error of somebody else is not taken for the proxy', () => {
  expect(proxyTrouble('ECONNREFUSED')).toBeNull();
  expect(proxyTrouble('ERR_PROXY_407')).toMatchObject({ message: expect.stringContaining('password') });
});
