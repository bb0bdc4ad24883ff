import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

const OPEN = { authorization: '' };

function builtPage(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets/app-ABC.js'), 'start();');
  writeFileSync(join(folder, 'assets/app-ABC.js.br'), brotliCompressSync('start();'));
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  return folder;
}

test('the page is open to all, is asked for each time, and lets nothing in from elsewhere', async () => {
  const moby = await openHarness({ pageFolder: builtPage() });
  const { status, headers, body } = await moby.call('GET', '/', { headers: OPEN });
  expect([status, body]).toEqual([200, '<!doctype html>']);
  expect(headers['cache-control']).toBe('no-cache');
  expect(headers['x-content-type-options']).toBe('nosniff');
  const policy = String(headers['content-security-policy']);
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ])
    expect(policy.split('; ')).toContain(rule);
  expect(policy).not.toContain('unsafe');
});

test('what is named by its content is kept for good, and comes compressed', async () => {
  const moby = await openHarness({ pageFolder: builtPage() });
  const response = await fetch(`http://127.0.0.1:${moby.port}/assets/app-ABC.js`, {
    headers: { 'accept-encoding': 'br' },
  });
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(response.headers.get('content-encoding')).toBe('br');
  expect(await response.text()).toBe('start();');
  const plain = await moby.call('GET', '/assets/app-ABC.js', { headers: OPEN });
  expect([plain.headers['content-encoding'], plain.body]).toEqual([undefined, 'start();']);
});

test.each([
  '/assets/../../gateway.db',
  '/..%2f..%2fetc/passwd',
  '/assets/none.js',
  '/index.html/',
  '/assets',
])('nothing else is a file of the page: %s', async (path) => {
  const moby = await openHarness({ pageFolder: builtPage() });
  expect((await moby.call('GET', path, { headers: OPEN })).status).toBe(401);
});

test('a gateway that was built without the page says so', async () => {
  const moby = await openHarness();
  const { status, body } = await moby.call('GET', '/', { headers: OPEN });
  expect([status, body.detail]).toEqual([404, expect.stringContaining('./mobyclaw up')]);
});
