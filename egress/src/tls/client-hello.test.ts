import { createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { readClientHello } from './client-hello.ts';

/** What Node's own TLS says first. */
async function greeting(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const arrived = new Promise<Buffer>((resolve) => {
    server.on('connection', (socket: Socket) => socket.on('error', () => undefined).once('data', resolve));
  });
  const client = connect({ port, host: '127.0.0.1', ...options });
  client.on('error', () => undefined);
  const bytes = await arrived;
  client.destroy();
  return bytes;
}

/** The same message in records of this many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    const head = Buffer.from([0x16, 3, 1, 0, 0]);
    head.writeUInt16BE(part.length, 3);
    records.push(head, part);
  }
  return Buffer.concat(records);
}

/** With another list of extensions, all lengths put right. */
function withExtensions(hello: Buffer, change: (list: Buffer[]) => Buffer[]): Buffer {
  const body = hello.subarray(9);
  let at = 34;
  at += 1 + (body[at] ?? 0);
  at += 2 + body.readUInt16BE(at);
  at += 1 + (body[at] ?? 0);
  const list: Buffer[] = [];
  for (let next = at + 2; next < body.length; ) {
    const end = next + 4 + body.readUInt16BE(next + 2);
    list.push(body.subarray(next, end));
    next = end;
  }
  const extensions = Buffer.concat(change(list));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(extensions.length);
  const whole = Buffer.concat([body.subarray(0, at), length, extensions]);
  const head = Buffer.from([0x16, 3, 1, 0, 0, 1, 0, 0, 0]);
  head.writeUInt16BE(whole.length + 4, 3);
  head.writeUIntBE(whole.length, 6, 3);
  return Buffer.concat([head, whole]);
}

function extension(kind: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(kind);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}

function serverName(...names: [type: number, name: string][]): Buffer {
  const entries = names.map(([type, name]) => {
    const head = Buffer.from([type, 0, 0]);
    head.writeUInt16BE(name.length, 1);
    return Buffer.concat([head, Buffer.from(name, 'latin1')]);
  });
  const list = Buffer.concat(entries);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(list.length);
  return extension(0, Buffer.concat([length, list]));
}

const without = (list: Buffer[]): Buffer[] => list.filter((one) => one.readUInt16BE(0) !== 0);

test('name and protocols of a real greeting, whole and cut at any byte', async () => {
  const bytes = await greeting({ servername: 'Site.Test', ALPNProtocols: ['h2', 'http/1.1'] });
  const read = {
    state: 'read',
    hello: { serverName: 'site.test', protocols: ['h2', 'http/1.1'], hasEncryptedHello: false },
  };
  expect(readClientHello(bytes)).toEqual(read);
  expect(readClientHello(Buffer.concat([bytes, Buffer.from('early data')]))).toEqual(read);
  for (let length = 0; length < bytes.length; length++) {
    expect(readClientHello(bytes.subarray(0, length))).toEqual({ state: 'more' });
  }
});

test.each([100, 200, 1_000])('a greeting in records of %s bytes is read, also cut', async (size) => {
  const bytes = inRecords(await greeting({ servername: 'site.test' }), size);
  expect(readClientHello(bytes)).toMatchObject({ state: 'read', hello: { serverName: 'site.test' } });
  for (let length = 0; length < bytes.length; length += 7) {
    expect(readClientHello(bytes.subarray(0, length))).toEqual({ state: 'more' });
  }
});

test('one that names no host says so', async () => {
  expect(readClientHello(await greeting({}))).toMatchObject({ hello: { serverName: null, protocols: [] } });
});

test.each<[string, (list: Buffer[]) => Buffer[], string]>([
  ['two extensions with a name', (list) => [...list, serverName([0, 'evil.test'])], 'twice'],
  ['two names', (list) => [...without(list), serverName([0, 'site.test'], [0, 'evil.test'])], 'not sure'],
  ['a name of a kind that is none', (list) => [...without(list), serverName([1, 'site.test'])], 'not sure'],
  ['an empty name', (list) => [...without(list), serverName([0, ''])], 'not sure'],
  ['a NUL in the name', (list) => [...without(list), serverName([0, 'site.test\0.evil.test'])], 'not sure'],
  ['an encrypted name of the old kind', (list) => [...list, extension(0xffce, Buffer.alloc(8))], 'hides'],
  ['the inner form of ECH', (list) => [...list, extension(0xfe0d, Buffer.from([1]))], 'hides'],
  ['an extension that is longer than the list', (list) => [...list, Buffer.from([0, 99, 0, 50])], 'must be'],
])('refused: %s', async (_what, change, fault) => {
  const bytes = withExtensions(await greeting({ servername: 'site.test' }), change);
  expect(readClientHello(bytes)).toEqual({ state: 'fault', fault: expect.stringContaining(fault) });
});

test('the outer form of ECH, which browsers send as noise too, goes by its outer name', async () => {
  const bytes = withExtensions(await greeting({ servername: 'site.test' }), (list) => [
    ...list,
    extension(0xfe0d, Buffer.alloc(40)),
  ]);
  expect(readClientHello(bytes)).toMatchObject({
    hello: { serverName: 'site.test', hasEncryptedHello: true },
  });
});

test.each([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1])],
  ['another message', Buffer.from([0x16, 3, 1, 0, 4, 2, 0, 0, 0])],
  [
    'many records of one byte',
    inRecords(Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0, 1, 0]), Buffer.alloc(256)]), 1),
  ],
  ['a record without content', Buffer.from([0x16, 3, 1, 0, 0])],
  ['a record that is too long', Buffer.from([0x16, 3, 1, 0xff, 0xff])],
  ['a message that is too long', Buffer.from([0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff])],
  [
    'an alert in between',
    Buffer.concat([Buffer.from([0x16, 3, 1, 0, 2, 1, 0]), Buffer.from([0x15, 3, 1, 0, 2, 1, 0])]),
  ],
])('refused: %s', (_what, bytes) => {
  expect(readClientHello(bytes)).toMatchObject({ state: 'fault' });
});
