import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { rest, say, tlsIn, tunnel } from '../testing/raw-client.ts';
import { world } from '../testing/start-door.ts';

const HOME = [['127.0.0.1']];

test('CONNECT leads to what is allowed, with the TLS of the host itself', async () => {
  const at = await world();
  const { port } = await at.https('site.test', (_request, response) => response.end('hello'));
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const secure = await tlsIn(await tunnel(door.port, `site.test:${port}`), {
    servername: 'site.test',
    ca: at.ca,
  });
  secure.write(`GET / HTTP/1.1\r\nHost: site.test:${port}\r\nConnection: close\r\n\r\n`);
  expect(await rest(secure)).toContain('hello');
  const row = await door.row({ host: 'site.test', verdict: 'allowed' });
  expect(row).toMatchObject({ port, reason: 'rule' });
  expect(row.bytesIn).toBeGreaterThan(500);
  expect(row.bytesOut).toBeGreaterThan(200);
});

test.each([
  ['127.0.0.1:443', 'is an address'],
  ['2130706433:443', 'is an address'],
  ['0x7f000001:443', 'is an address'],
  ['0177.0.0.1:443', 'is an address'],
  ['127.1:443', 'is an address'],
  ['[::1]:443', 'is an address'],
  ['[::ffff:127.0.0.1]:443', 'is an address'],
  ['[fe80::1%25eth0]:443', 'is an address'],
  ['site.test.:443', 'ends in a dot'],
  ['s%69te.test:443', 'is an address'],
  ['user@site.test:443', '"@"'],
  ['site.test', 'takes a name and a port'],
  ['site.test:0', 'takes a name and a port'],
  ['site.test:99999', 'takes a name and a port'],
  ['other.test:443', 'has not allowed "other.test". He does with: ./mobyclaw egress allow other.test'],
])('CONNECT %s is refused with a reason', async (target, reason) => {
  const at = await world();
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const answer = await say(door.port, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(404);
  expect(answer.text.split('\r\n\r\n')[1]).toContain(reason);
  expect(door.rows()).toMatchObject([{ verdict: expect.stringMatching(/refused|asked/) }]);
});

test.each(['site.test\0.evil.test:443', 'site\u00e9.test:443', 'site.test\t:443'])(
  'CONNECT to a name with signs that no name has is refused: %j',
  async (target) => {
    const at = await world();
    const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
    const answer = await say(door.port, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect([400, 403]).toContain(answer.status);
  },
);

test('who asks for problem+json is told so', async () => {
  const at = await world();
  const door = await at.door({});
  const { text } = await say(
    door.port,
    'GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\nAccept: application/problem+json\r\n\r\n',
  );
  expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({
    type: '/problems/rule',
    status: 403,
    detail: expect.stringContaining('./mobyclaw egress allow other.test'),
  });
});

test.each([
  [['10.0.0.1'], 'a private address'],
  [['169.254.169.254'], 'clouds keep their secrets'],
  [['::1'], 'reserved'],
  [['::ffff:127.0.0.1'], 'in the form of IPv6'],
  [['127.0.0.1', '10.0.0.1'], 'a private address'], // one that is good does not carry the other
])('a name that leads to %j is refused, although it is allowed', async (addresses, kind) => {
  const at = await world();
  const door = await at.door({ names: { 'site.test': [addresses] }, rules: { 'site.test': {} } });
  const { status, text } = await say(
    door.port,
    'CONNECT site.test:443 HTTP/1.1\r\nHost: site.test:443\r\n\r\n',
  );
  expect(status).toBe(403);
  expect(text).toContain(kind);
  expect(door.rows()).toMatchObject([{ host: 'site.test', verdict: 'refused', reason: 'address' }]);
});

test('a name that leads to a public address first and to a private one then is dialled as it was checked', async () => {
  const at = await world();
  const { port } = await at.https('site.test', (_request, response) => response.end('hello'));
  const door = await at.door({
    names: { 'site.test': [['127.0.0.1'], ['10.0.0.1']] },
    rules: { 'site.test': {} },
  });
  const first = await tunnel(door.port, `site.test:${port}`); // one question, one answer: dialled as checked
  first.destroy();
  const second = await say(door.port, `CONNECT site.test:${port} HTTP/1.1\r\nHost: site.test\r\n\r\n`);
  expect(second.text).toContain('leads to 10.0.0.1, which is a private address');
});

test('a host that the owner calls private is let through to its private address', async () => {
  const at = await world();
  const door = await at.door({
    names: { 'nas.test': [['10.255.255.1']], 'loop.test': [['127.0.0.1']] },
    rules: { 'nas.test': {}, 'loop.test': { private: true } },
    publicToo: [],
  });
  const refused = await say(door.port, 'CONNECT nas.test:443 HTTP/1.1\r\nHost: nas.test:443\r\n\r\n');
  expect(refused.text).toContain('"private: true"');
  const never = await say(door.port, 'CONNECT loop.test:443 HTTP/1.1\r\nHost: loop.test:443\r\n\r\n');
  expect(never.text).toContain('this machine');
});

test('a host that is allowed and does not answer is told as such', async () => {
  const at = await world();
  const { port, server } = await at.http(() => undefined);
  server.close();
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {}, 'gone.test': {} } });
  const dead = await say(door.port, `CONNECT site.test:${port} HTTP/1.1\r\nHost: site.test\r\n\r\n`);
  expect(dead).toMatchObject({
    status: 502,
    text: expect.stringContaining('cannot be reached (ECONNREFUSED)'),
  });
  const gone = await say(door.port, 'CONNECT gone.test:443 HTTP/1.1\r\nHost: gone.test:443\r\n\r\n');
  expect(gone).toMatchObject({ status: 502, text: expect.stringContaining('leads nowhere (ENOTFOUND)') });
});

test.each([
  ['another name', { servername: 'evil.test' }],
  ['no name', {}],
  ['a name in other letters is the same', null],
])('the name in the TLS greeting must be the one that was asked for: %s', async (_what, options) => {
  const at = await world();
  const { port } = await at.https('site.test', (_request, response) => response.end('hello'));
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const socket = await tunnel(door.port, `site.test:${port}`);
  const greeted = tlsIn(socket, {
    ca: at.ca,
    checkServerIdentity: () => undefined,
    ...(options ?? { servername: 'SITE.test' }),
  });
  if (options === null) {
    await expect(greeted).resolves.toBeDefined();
    return;
  }
  await expect(greeted).rejects.toThrow();
  await door.row({ host: 'site.test', verdict: 'refused', reason: 'other-host' });
});

test('neither TLS nor HTTP inside, or nothing at all: ended, and nothing has reached the host', async () => {
  const at = await world();
  let connections = 0;
  const { port, server } = await at.http(() => undefined);
  let bytes = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
  });
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} }, openingMs: 300 });
  const silent = await tunnel(door.port, `site.test:${port}`);
  expect(await rest(silent)).toBe('');
  await door.row({ verdict: 'refused', reason: 'protocol' });
  const other = await tunnel(door.port, `site.test:${port}`);
  other.write('SSH-2.0-OpenSSH\r\n');
  expect(await rest(other)).toContain('400 Bad Request');
  expect(connections).toBe(2);
  expect(bytes).toBe(0);
});

test('plain HTTP in a tunnel: each request must be for the host of the tunnel', async () => {
  const at = await world();
  const asked: string[] = [];
  const { port } = await at.http((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    response.end('hello');
  });
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const socket = await tunnel(door.port, `site.test:${port}`);
  const all = rest(socket);
  socket.write(
    `GET /1 HTTP/1.1\r\nHost: site.test:${port}\r\n\r\nGET /2 HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
  );
  const text = await all;
  expect(text).toContain('hello');
  expect(text).toContain('403 Forbidden');
  expect(text).toContain('the request on it asks for "evil.test"');
  expect(asked).toEqual([`site.test:${port} /1`]);
});

test.each([
  ['no Host', 'GET /1 HTTP/1.0\r\n\r\n'],
  ['two', 'GET /1 HTTP/1.1\r\nHost: site.test:PORT\r\nHost: evil.test\r\n\r\n'],
  ['another port', 'GET /1 HTTP/1.1\r\nHost: site.test:1\r\n\r\n'],
  ['a whole address of another host', 'GET http://evil.test/1 HTTP/1.1\r\nHost: evil.test\r\n\r\n'],
  [
    'a length and chunks',
    'POST /1 HTTP/1.1\r\nHost: site.test:PORT\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['TRACE', 'TRACE /1 HTTP/1.1\r\nHost: site.test:PORT\r\n\r\n'],
])('plain HTTP in a tunnel with %s is refused', async (_what, request) => {
  const at = await world();
  let asked = 0;
  const { port } = await at.http((_request, response) => {
    asked += 1;
    response.end('hello');
  });
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const socket = await tunnel(door.port, `site.test:${port}`);
  socket.write(request.replaceAll('PORT', String(port)));
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 40[03] /);
  expect(asked).toBe(0);
});

test.each([
  ['GET http://site.test:PORT/a?b=c#d HTTP/1.1\r\nHost: site.test:PORT', 200],
  ['GET http://site.test:PORT HTTP/1.1\r\nHost: site.test:PORT', 200],
  ['GET http://SITE.test:PORT/ HTTP/1.1\r\nHost: site.test:PORT', 200],
  ['GET http://site.test:PORT/ HTTP/1.1\r\nHost: evil.test', 403],
  ['GET http://evil.test/ HTTP/1.1\r\nHost: site.test:PORT', 403],
  ['GET http://site.test:PORT@evil.test/ HTTP/1.1\r\nHost: site.test:PORT', 403],
  ['GET http://user:pw@site.test:PORT/ HTTP/1.1\r\nHost: site.test:PORT', 403],
  ['GET http://127.0.0.1:PORT/ HTTP/1.1\r\nHost: 127.0.0.1:PORT', 403],
  ['GET http://0x7f.1:PORT/ HTTP/1.1\r\nHost: 0x7f.1:PORT', 403],
  ['GET http://site.test\\evil.test:PORT/ HTTP/1.1\r\nHost: site.test:PORT', 400],
  ['GET https://site.test:PORT/ HTTP/1.1\r\nHost: site.test:PORT', 400],
  ['GET ftp://site.test/ HTTP/1.1\r\nHost: site.test', 400],
  ['GET / HTTP/1.1\r\nHost: site.test:PORT', 400],
])('a request with a whole address: %s', async (line, status) => {
  const at = await world();
  const asked: string[] = [];
  const { port } = await at.http((request, response) => {
    asked.push(`${request.url} ${Object.keys(request.headers).join(' ')}`);
    response.end('hello');
  });
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const text = `${line.replaceAll('PORT', String(port))}\r\nProxy-Authorization: Basic eDo=\r\nConnection: close\r\n\r\n`;
  const answer = await say(door.port, text);
  expect(answer.status).toBe(status);
  expect(asked).toHaveLength(status === 200 ? 1 : 0);
  for (const one of asked) {
    expect(one).not.toContain('proxy');
    expect(one).not.toContain('#');
  }
});

test('limits of the rule: TLS is ended, and each request is judged', async () => {
  const at = await world();
  const asked: string[] = [];
  const { port } = await at.https('site.test', (request, response) => {
    asked.push(request.method ?? '');
    response.end('hello');
  });
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': { methods: ['GET'] } } });
  const ca = door.trusted;
  const secure = await tlsIn(await tunnel(door.port, `site.test:${port}`), { servername: 'site.test', ca });
  const head = `HTTP/1.1\r\nHost: site.test:${port}\r\nContent-Length: 0\r\n\r\n`;
  secure.write(`GET /1 ${head}POST /2 ${head}`);
  const text = await rest(secure);
  expect(text).toContain('hello');
  expect(text).toContain('Only GET is allowed there.');
  expect(asked).toEqual(['GET']);
});

test('a client that leaves while the door still asks leaves nothing open', async () => {
  const at = await world();
  const { port, server } = await at.http(() => undefined);
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const socket = connect(door.port, '127.0.0.1', () => {
    socket.write(`CONNECT site.test:${port} HTTP/1.1\r\nHost: site.test\r\n\r\n`, () => socket.destroy());
  });
  await new Promise((resolve) => server.once('connection', (far) => far.once('close', resolve).resume()));
});

test('a door that is closed ends its tunnels too', async () => {
  const at = await world();
  const { port } = await at.http(() => undefined);
  const door = await at.door({ names: { 'site.test': HOME }, rules: { 'site.test': {} } });
  const ended = rest(await tunnel(door.port, `site.test:${port}`));
  await door.kill();
  expect(await ended).toBe('');
  await door.row({ host: 'site.test', verdict: 'allowed' });
});
