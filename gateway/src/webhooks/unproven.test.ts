/** Attacks on the open address of webhooks, end to end: half-open posts, slow ones, deep nesting. */
import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MOST_UNPROVEN_BYTES, UNPROVEN_MS } from '../http/unproven-bodies.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

const FORGED = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
const HALF = Buffer.alloc(500_000, 'x');

interface HalfOpen {
  socket: Socket;
  said(): string;
  closed(): boolean;
}

/** A post that announces 1 MB, sends `body` of it, and then keeps quiet. */
function halfOpen(moby: Harness, headers: Record<string, string>, body?: Buffer): HalfOpen {
  const socket = connect(moby.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  socket.on('error', () => undefined); // being cut is what is looked for
  socket.on('close', () => {
    closed = true;
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `POST /hooks/push HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000000\r\n${lines.join('')}\r\n`,
  );
  if (body) socket.write(body);
  return { socket, said: () => said, closed: () => closed };
}

async function hook(moby: Harness, proof = 'github'): Promise<string> {
  const { body } = await moby.call('POST', '/api/hooks', { body: { name: 'push', proof } });
  return body.secret;
}

function deliver(moby: Harness, secret: string, raw: string, type = 'application/json') {
  const signature = createHmac('sha256', secret).update(raw).digest('hex');
  const headers = { authorization: '', 'content-type': type, 'x-hub-signature-256': `sha256=${signature}` };
  return moby.call('POST', '/hooks/push', { raw, headers });
}

test.each([
  ['nothing', {}],
  ['a signature of no form', { 'x-hub-signature-256': 'sha256=short' }],
  ['a wrong token', { authorization: 'Bearer wrong' }],
  ['half of what the standard asks for', { 'webhook-id': 'a', 'webhook-timestamp': '1' }],
])('who proves nothing (%s) is refused before his body is read', async (_, headers) => {
  const moby = await openHarness();
  await hook(moby);
  const post = halfOpen(moby, headers);
  await until('the refusal', () => post.said().includes('HTTP/1.1 401') && post.closed());
});

test('half-open posts hold no more than the bound, and who means it still gets in', {
  timeout: 60_000,
}, async () => {
  const moby = await openHarness();
  const secret = await hook(moby);
  const posts = Array.from({ length: 200 }, () => halfOpen(moby, FORGED, HALF));
  const most = Math.floor(MOST_UNPROVEN_BYTES / HALF.length);
  await until('most to be cut off', () => posts.filter((post) => !post.closed()).length <= most, 30_000);
  const answer = await deliver(moby, secret, '{"a":1}');
  expect(answer.status).toBe(202);
  expect(posts.some((post) => !post.closed())).toBe(true);
});

test('who is slow is cut off', async () => {
  const clock = new ManualClock();
  const moby = await openHarness({ clock });
  await hook(moby);
  const post = halfOpen(moby, FORGED, HALF.subarray(0, 100_000));
  const before = clock.waiting;
  await until('the body to be awaited', () => clock.waiting > before);
  await clock.advance(UNPROVEN_MS - 1);
  expect(post.closed()).toBe(false);
  await clock.advance(1);
  await until('the end', () => post.closed());
});

describe('nested JSON', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

  test('of a webhook is refused beyond 64 levels, whatever form it comes in', async () => {
    const moby = await openHarness();
    const secret = await hook(moby);
    expect((await deliver(moby, secret, nested(64))).status).toBe(202);
    for (const depth of [65, 3000, 200_000]) {
      const answer = await deliver(moby, secret, nested(depth));
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toContain('deeper than 64 levels');
    }
    const form = `payload=${encodeURIComponent(nested(5000))}`;
    expect((await deliver(moby, secret, form, 'application/x-www-form-urlencoded')).status).toBe(400);
  });

  test.each(['/prompt', '/v1/chat/completions', '/mcp', '/api/hooks/push/test', '/api/jobs'])(
    'to %s is refused',
    async (path) => {
      const moby = await openHarness();
      await hook(moby);
      const raw = `{"payload":${nested(5000)}}`;
      const answer = await moby.call('POST', path, { raw });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toContain('deeper than 64 levels');
    },
  );
});
