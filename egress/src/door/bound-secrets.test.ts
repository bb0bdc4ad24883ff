/** Bound secrets through the door, over both versions of HTTP. */
import { createHash } from 'node:crypto';
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { shareCredentials } from '@mobyclaw/lib/credentials/bound-secrets';
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { expect, onTestFinished, test } from 'vitest';
import { rest, say, tlsIn, tunnel } from '../testing/raw-client.ts';
import { type TestDoor, world } from '../testing/start-door.ts';

const REAL = 'ghp_abcdefghijKLMNOPQRST0123456789abcdef';
const HOME = [['127.0.0.1']];

interface Seen {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `bound.test` has the secret, `limited.test` has TLS ended for its limits, `blind.test` has nothing. */
async function place(more = '') {
  const at = await world();
  const seen: Seen[] = [];
  const { port, server } = await at.http2('bound.test');
  server.on('request', (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    request.on('end', () => {
      seen.push({ url: request.url, headers: request.headers, body });
      // It sends back what it was sent, as some do.
      response.setHeader('x-echo', String(request.headers.authorization ?? ''));
      response.end(JSON.stringify({ ...request.headers, body }));
    });
  });
  const credentials = readCredentials(`TOKEN=${REAL} # hosts: bound.test:${port}${more}`, 'credentials.env');
  expect(credentials.faults).toEqual([]);
  const { environment, bound } = shareCredentials(credentials.all, Buffer.alloc(32, 3));
  const door = await at.door({
    names: { 'bound.test': HOME, 'other.test': HOME },
    rules: { 'bound.test': {}, 'other.test': {} },
    secrets: bound,
  });
  return { at, door, port, seen, server, standIn: environment.TOKEN ?? '' };
}

async function secure(door: TestDoor, port: number, protocols?: string[]): Promise<TLSSocket> {
  const socket = await tlsIn(await tunnel(door.port, `bound.test:${port}`), {
    servername: 'bound.test',
    ca: door.trusted,
    ...(protocols ? { ALPNProtocols: protocols } : {}),
  });
  onTestFinished(() => void socket.destroy());
  expect(socket.getPeerCertificate().issuer.CN).toBe('Mobyclaw of this machine');
  return socket;
}

async function ask(socket: TLSSocket, port: number, head: string, body = ''): Promise<string> {
  socket.write(
    `${head}\r\nHost: bound.test:${port}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  return rest(socket);
}

const basic = (text: string): string => Buffer.from(text).toString('base64');

test.each([
  ['Bearer', (value: string) => `Bearer ${value}`],
  ['Basic', (value: string) => `Basic ${basic(`x-access-token:${value}`)}`],
])('%s: the host is sent the secret, and Moby sees the stand-in again', async (_what, form) => {
  const { door, port, seen, standIn } = await place();
  const text = await ask(
    await secure(door, port),
    port,
    `GET /a HTTP/1.1\r\nAuthorization: ${form(standIn)}`,
  );
  expect(seen).toMatchObject([
    { url: '/a', headers: { authorization: form(REAL), 'accept-encoding': 'identity' } },
  ]);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text).toContain(`x-echo: ${form(standIn)}`);
  expect(text.match(new RegExp(form(standIn).replace(/[+]/g, '.'), 'g'))).toHaveLength(2);
  expect(text).not.toContain(REAL);
  expect(text).not.toContain(basic(`x-access-token:${REAL}`));
  expect(await door.row({ host: 'bound.test', verdict: 'allowed' })).toMatchObject({ port });
});

test('an address has it only where the owner says so', async () => {
  const { door, port, seen, standIn } = await place();
  const refused = await ask(await secure(door, port), port, `GET /bot${standIn}/x?key=${standIn} HTTP/1.1`);
  expect(refused).toMatch(/^HTTP\/1\.1 403 /);
  expect(refused).toContain('TOKEN belongs into headers');
  expect(seen).toEqual([]);
  await door.row({ host: 'bound.test', verdict: 'refused', reason: 'stand-in TOKEN' });

  const url = await place('; url');
  const text = await ask(
    await secure(url.door, url.port),
    url.port,
    `GET /bot${url.standIn}/x?key=${url.standIn} HTTP/1.1`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(url.seen).toMatchObject([{ url: `/bot${REAL}/x?key=${REAL}` }]);
});

test.each([
  [
    'a header',
    (standIn: string) => `GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\nX: ${standIn}\r\n\r\n`,
  ],
  [
    'Basic',
    (standIn: string) =>
      `GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\nAuthorization: Basic ${basic(`a:${standIn}`)}\r\n\r\n`,
  ],
  [
    'the address',
    (standIn: string) => `GET http://other.test/?x=${standIn} HTTP/1.1\r\nHost: other.test\r\n\r\n`,
  ],
  [
    'the body',
    (standIn: string) =>
      `POST http://other.test/ HTTP/1.1\r\nHost: other.test\r\nContent-Length: ${standIn.length + 4}\r\n\r\n    ${standIn}`,
  ],
])('a stand-in that leaves for another host in %s is refused and told', async (_what, request) => {
  const { at, door, standIn } = await place();
  const bodies: string[] = [];
  const { port } = await at.http((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    incoming.on('end', () => {
      bodies.push(body);
      response.end('got it');
    });
  });
  const { text } = await say(door.port, request(standIn).replaceAll('other.test', `other.test:${port}`));
  expect(text).toMatch(/^HTTP\/1\.1 403 /);
  expect(text).toContain('what stands for TOKEN, which is for bound.test');
  expect(bodies).toEqual([]);
  await door.row({ host: 'other.test', verdict: 'refused', reason: 'stand-in TOKEN' });
});

test('not even its own host is sent the secret without TLS', async () => {
  const { at, door, standIn } = await place();
  let asked = 0;
  const { port } = await at.http((_request, response) => {
    asked += 1;
    response.end();
  });
  const { text } = await say(
    door.port,
    `GET http://bound.test:${port}/ HTTP/1.1\r\nHost: bound.test:${port}\r\nAuthorization: Bearer ${standIn}\r\n\r\n`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 403 /);
  expect(asked).toBe(0);
});

test('a second host on the connection of the first is refused', async () => {
  const { door, port, seen, standIn } = await place();
  const socket = await secure(door, port);
  const auth = `Authorization: Bearer ${standIn}\r\n`;
  socket.write(
    `GET /1 HTTP/1.1\r\nHost: bound.test:${port}\r\n${auth}\r\nGET /2 HTTP/1.1\r\nHost: evil.test\r\n${auth}\r\n`,
  );
  expect(await rest(socket)).toContain('asks for "evil.test"');
  expect(seen.map(({ url }) => url)).toEqual(['/1']);
});

test('a host whose certificate is no good is sent nothing', async () => {
  const { at, port, standIn, ...rest_ } = await place();
  const impostor = await at.https('evil.test', (_request, response) => response.end('hello'));
  const { environment, bound } = shareCredentials(
    readCredentials(`TOKEN=${REAL} # hosts: bound.test:${impostor.port}`, 'x').all,
    Buffer.alloc(32, 3),
  );
  expect(environment.TOKEN).toBe(standIn);
  const door = await at.door({ names: { 'bound.test': HOME }, rules: { 'bound.test': {} }, secrets: bound });
  const socket = tlsIn(await tunnel(door.port, `bound.test:${impostor.port}`), {
    servername: 'bound.test',
    ca: door.trusted,
  });
  await expect(socket).rejects.toThrow();
  await door.row({ host: 'bound.test', verdict: 'refused', reason: 'unreachable' });
  expect([port, rest_.seen]).toEqual([port, []]);
});

test('bodies stream through unchanged, both ways', async () => {
  const { door, port, server } = await place();
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    response.setHeader('content-length', String(request.headers['content-length']));
    request.pipe(response);
  });
  const socket = await secure(door, port);
  const chunk = Buffer.alloc(65_536, 'ghp_ab');
  const times = 128;
  socket.write(
    `POST / HTTP/1.1\r\nHost: bound.test:${port}\r\nContent-Length: ${chunk.length * times}\r\nConnection: close\r\n\r\n`,
  );
  const hash = createHash('sha256');
  let bytes = 0;
  const back = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let head = true;
  socket.on('data', (data: Buffer) => {
    const from = head ? data.indexOf('\r\n\r\n') + 4 : 0;
    head = false;
    hash.update(data.subarray(from));
    bytes += data.length - from;
  });
  for (let sent = 0; sent < times; sent++) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await back;
  const expected = createHash('sha256');
  for (let sent = 0; sent < times; sent++) expected.update(chunk);
  expect(bytes).toBe(chunk.length * times);
  expect(hash.digest('hex')).toBe(expected.digest('hex'));
});

async function http2(door: TestDoor, port: number): Promise<ClientHttp2Session> {
  const socket = await secure(door, port, ['h2', 'http/1.1']);
  expect(socket.alpnProtocol).toBe('h2');
  const session = connectHttp2(`https://bound.test:${port}`, { createConnection: () => socket });
  session.on('error', () => undefined);
  onTestFinished(() => void session.destroy());
  return session;
}

function askHttp2(session: ClientHttp2Session, headers: Record<string, string>, body?: string) {
  return new Promise<{ headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let answer: IncomingHttpHeaders = {};
    let text = '';
    stream.on('response', (given) => {
      answer = given;
    });
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    stream.on('end', () => resolve({ headers: answer, text }));
    stream.on('error', reject);
    if (body !== undefined) stream.end(body);
  });
}

test('HTTP/2 stays HTTP/2, with the secret put in and taken out', async () => {
  const { door, port, seen, standIn } = await place();
  const session = await http2(door, port);
  const answers = await Promise.all(
    ['/1', '/2', '/3'].map((path) =>
      askHttp2(
        session,
        { ':path': path, ':method': 'POST', authorization: `Bearer ${standIn}` },
        `body of ${path}`,
      ),
    ),
  );
  for (const { headers, text } of answers) {
    expect(headers[':status']).toBe(200);
    expect(headers['x-echo']).toBe(`Bearer ${standIn}`);
    expect(text).toContain(`Bearer ${standIn}`);
    expect(text).not.toContain(REAL);
  }
  expect(seen.map(({ url, body, headers }) => [url, body, headers.authorization]).sort()).toEqual(
    ['/1', '/2', '/3'].map((path) => [path, `body of ${path}`, `Bearer ${REAL}`]),
  );
});

test.each([
  ['another :authority', { ':authority': 'evil.test' }],
  ['a Host that is another one', { host: 'evil.test' }],
])('HTTP/2 with %s is refused, and the connection goes on', async (_what, headers) => {
  const { door, port, seen, standIn } = await place();
  const session = await http2(door, port);
  const refused = await askHttp2(session, { ':path': '/1', authorization: `Bearer ${standIn}`, ...headers });
  expect(refused.headers[':status']).toBe(403);
  expect(refused.text).toContain('"evil.test"');
  expect(seen).toEqual([]);
  expect((await askHttp2(session, { ':path': '/2' })).headers[':status']).toBe(200);
});

test('HTTP/2 hands trailers on, as gRPC needs them', async () => {
  const { door, port, server } = await place();
  server.removeAllListeners('request').removeAllListeners('stream');
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end('hello');
  });
  const session = await http2(door, port);
  const stream = session.request({ ':path': '/' });
  const trailers = new Promise((resolve) => stream.on('trailers', resolve));
  stream.resume();
  expect(await trailers).toMatchObject({ 'grpc-status': '0' });
});

test('a WebSocket is opened with the secret, and is a plain stream from then on', async () => {
  const { door, port, server, standIn } = await place();
  const asked: unknown[] = [];
  server.on('upgrade', (request: { headers: IncomingHttpHeaders }, socket: TLSSocket) => {
    asked.push(request.headers.authorization);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  const socket = await secure(door, port, ['http/1.1']);
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: bound.test:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${standIn}\r\n\r\n`,
  );
  const text = rest(socket);
  socket.write('ping');
  await new Promise((resolve) => setImmediate(resolve));
  socket.end('pong');
  expect(await text).toMatch(/^HTTP\/1\.1 101 [\s\S]*pingpong$/);
  expect(asked).toEqual([`Bearer ${REAL}`]);
});
