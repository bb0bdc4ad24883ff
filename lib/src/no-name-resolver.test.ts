import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { answerTo, startNoNameResolver } from './no-name-resolver.ts';

async function start(): Promise<number> {
  const resolver = await startNoNameResolver('127.0.0.1', 0);
  onTestFinished(() => resolver.close());
  return resolver.port;
}

/** A question for the addresses of a name, as RFC 1035 writes it; `more` stands behind it, such as an OPT record. */
function question(name: string, { count = 1, more = '' } = {}): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  const header = Buffer.from('abcd01000000000000000000', 'hex');
  header.writeUInt16BE(count, 4);
  return Buffer.concat([header, ...labels, Buffer.from('0000010001', 'hex'), Buffer.from(more, 'hex')]);
}

test.each(['A', 'AAAA', 'TXT', 'MX', 'SRV'])(
  'there is no name, whatever of it is asked: %s',
  async (type) => {
    const resolver = new Resolver({ timeout: 5_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${await start()}`]);
    await expect(resolver.resolve('secret-0123.example.org', type)).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
  },
);

test('over TCP too, several on one connection and in pieces', async () => {
  const socket = connect(await start(), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const asked = question('a.example');
  const framed = Buffer.concat([Buffer.from([0, asked.length]), asked]);
  socket.write(framed.subarray(0, 1));
  socket.write(Buffer.concat([framed.subarray(1), framed]));
  let got = Buffer.alloc(0);
  while (got.length < 2 * framed.length) got = Buffer.concat([got, (await once(socket, 'data'))[0]]);
  const answer = answerTo(asked) as Buffer;
  const framedAnswer = Buffer.concat([Buffer.from([0, answer.length]), answer]);
  expect(got).toEqual(Buffer.concat([framedAnswer, framedAnswer]));
});

test('an answer has the question and its number, the code 3, and nothing that came behind', () => {
  const asked = question('a.example', { more: '00002904d000000000000000' });
  asked.writeUInt16BE(1, 10); // one record behind the question: OPT
  const answer = answerTo(asked);
  expect(answer?.subarray(0, 12).toString('hex')).toBe('abcd81830001000000000000');
  expect(answer?.subarray(12)).toEqual(question('a.example').subarray(12));
});

test.each([
  ['no question', question('a.example', { count: 0 })],
  ['two questions', question('a.example', { count: 2 })],
  ['a name that ends nowhere', question('a.example').subarray(0, 16)],
  ['a name without its type', question('a.example').subarray(0, -3)],
  ['a pointer', Buffer.concat([question('a').subarray(0, 12), Buffer.from('c00c00010001', 'hex')])],
])('what cannot be read is a format error, without a name: %s', (_, message) => {
  expect(answerTo(message)?.toString('hex')).toMatch(/^abcd8181(0000){4}$/);
});

test('what is no question gets no answer, and ends nothing', async () => {
  const answered = question('a.example');
  answered.writeUInt16BE(0x8180, 2);
  for (const message of [Buffer.alloc(0), Buffer.alloc(11), Buffer.alloc(513), answered])
    expect(answerTo(message)).toBeNull();
  const port = await start();
  const udp = createSocket('udp4');
  onTestFinished(() => void udp.close());
  udp.send(answered, port, '127.0.0.1');
  udp.send(question('b.example'), port, '127.0.0.1');
  const [answer] = await once(udp, 'message');
  expect(answer).toEqual(answerTo(question('b.example')));
});

test('an address that is taken is an error, and leaves nothing open', async () => {
  const port = await start();
  await expect(startNoNameResolver('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
