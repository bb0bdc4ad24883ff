/** What a sender did wrong is told as that, and is no failure of the gateway's. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

test.each(['/api/turns/%', '/api/sessions/%E0%A4%A/messages', '/api/jobs/%ff', '/api/hooks/%c3%28'])(
  'a path that cannot be decoded, %s',
  async (path) => {
    const moby = await openHarness();
    const answer = await moby.call('GET', path);
    expect(answer.status).toBe(400);
    expect(answer.body.type).toBe('/problems/bad-request');
  },
);

test.each(['gzip', 'deflate', 'br', 'zstd'])('a body that is no %s', async (encoding) => {
  const moby = await openHarness();
  const answer = await fetch(`http://127.0.0.1:${moby.port}/prompt`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${moby.token}`,
      'content-type': 'application/json',
      'content-encoding': encoding,
    },
    body: '{"prompt":"hello"}',
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
});

test.each(['//', '//evil.example/api', '/%', '*'])('the target %s', async (target) => {
  const moby = await openHarness();
  const status = await new Promise<string>((resolve, reject) => {
    const socket = connect(moby.port, '127.0.0.1', () => {
      socket.write(`GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
    });
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.on('end', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.on('error', reject);
  });
  expect(status).toMatch(/^HTTP\/1\.1 4\d\d /);
});

test('what is wrong is told with the name of its field, and without one where it is all of it', async () => {
  const moby = await openHarness();
  const post = async (body: unknown) => (await moby.call('POST', '/prompt', { body })).body;
  const whole = await post([]);
  expect(whole.detail).toMatch(/^must be an object$/);
  expect(whole.errors).toEqual([{ path: '', message: whole.detail }]);
  const field = await post({ prompt: 7 });
  expect(field.detail).toMatch(/^prompt: must be text$/);
  expect(field.errors).toEqual([{ path: 'prompt', message: field.detail.replace('prompt: ', '') }]);
});

test.each(['', '%20', '%09%0A'])('a search for nothing, q=%s', async (query) => {
  const moby = await openHarness();
  const answer = await moby.call('GET', `/api/history/search?q=${query}`);
  expect(answer.status).toBe(422);
  expect(answer.body.detail).toContain('what to search for is missing');
});

test('a search for what holds no word finds nothing', async () => {
  const moby = await openHarness();
  await moby.ask('hello!!!');
  expect((await moby.call('GET', '/api/history/search?q=!!!')).body).toEqual({ items: [] });
  expect((await moby.call('GET', '/api/history/search?q=%20hello!%20')).body.items).not.toEqual([]);
});

test('an empty Last-Event-ID is as none', async () => {
  const moby = await openHarness();
  const { turn } = (await moby.ask('hello')).body;
  const answer = await fetch(`http://127.0.0.1:${moby.port}/api/turns/${turn}/events`, {
    headers: { authorization: `Bearer ${moby.token}`, 'last-event-id': '' },
  });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('event: done');
});
