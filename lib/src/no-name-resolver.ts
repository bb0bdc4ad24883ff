/**
 * A DNS server that answers every question at once: there is no such name (NXDOMAIN). Docker's own resolver knows the names of the
 * stack and asks this one, inside the same container, for all others. So no question leaves the machine, which would be a way out
 * for whatever can be written as a name (CVE-2024-29018), and a program hears within a millisecond that there is nothing; asked of
 * nobody, an engine of 20.10 keeps it waiting for 20 s.
 *
 * The form of messages: RFC 1035, section 4; over TCP each has its length in front (4.2.2).
 */
import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Logger } from './logger.ts';

/** Names the address, for containers. */
export const RESOLVER_VARIABLE = 'MOBYCLAW_RESOLVER_LISTEN';

const HEADER_BYTES = 12;
const MOST_BYTES = 512; // of a question; longer ones have a name that cannot be
const TYPE_AND_CLASS_BYTES = 4;
const NO_SUCH_NAME = 3;
const FORMAT_ERROR = 1;
const IDLE_MS = 5_000; // a TCP connection without a question

export interface NoNameResolver {
  port: number;
  close(): Promise<void>;
}

/**
 * @param port 0 takes a free one
 * @throws the system's error where the address cannot be taken
 */
export async function startNoNameResolver(host: string, port: number): Promise<NoNameResolver> {
  const tcp = createServer((socket) => answerOverTcp(socket));
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, host, resolve);
  });
  const taken = (tcp.address() as AddressInfo).port;
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', (question, { address, port }) => {
    const answer = answerTo(question);
    if (answer !== null) udp.send(answer, port, address);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject);
      udp.bind(taken, host, () => {
        udp.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    tcp.close();
    throw error;
  }
  // An answer that cannot be sent is one that nobody waits for any more.
  for (const server of [tcp, udp]) server.on('error', () => undefined).unref();
  return {
    port: taken,
    close: async () => {
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/**
 * For a part in a container whose network ends within the stack: docker-compose.yml says where.
 * @param address `host:port`; none is started where it is not set. One that cannot be taken costs the comfort, not the part.
 */
export async function provideNoNameResolver(address: string | undefined, logger: Logger): Promise<void> {
  if (!address) return;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  try {
    await startNoNameResolver(host, Number(port));
  } catch (error) {
    logger.warn(
      { err: error, address },
      'no resolver: a program that asks for a name outside may wait long for its refusal',
    );
  }
}

/** @returns null for what is no question, which is left without an answer */
export function answerTo(message: Buffer): Buffer | null {
  if (message.length < HEADER_BYTES || message.length > MOST_BYTES) return null;
  const flags = message.readUInt16BE(2);
  if (flags & 0x8000) return null; // an answer: two resolvers would go on for ever
  const end = endOfQuestion(message);
  const answer = Buffer.from(message.subarray(0, end ?? HEADER_BYTES));
  // An answer, with the kind of question and "recursion desired" as they were, and "recursion available".
  answer.writeUInt16BE(0x8080 | (flags & 0x7900) | (end === null ? FORMAT_ERROR : NO_SUCH_NAME), 2);
  answer.writeUInt16BE(end === null ? 0 : 1, 4);
  answer.fill(0, 6, HEADER_BYTES);
  return answer;
}

/** @returns null where there is not one question, whole */
function endOfQuestion(message: Buffer): number | null {
  if (message.readUInt16BE(4) !== 1) return null;
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return null; // more are pointers, of which a question has none
    at += 1 + length;
    if (length === 0) break;
  }
  const end = at + TYPE_AND_CLASS_BYTES;
  return end <= message.length ? end : null;
}

function answerOverTcp(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.unref();
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (length > MOST_BYTES) return void socket.destroy();
      if (rest.length < 2 + length) return;
      const answer = answerTo(rest.subarray(2, 2 + length));
      rest = rest.subarray(2 + length);
      if (answer === null) return void socket.destroy();
      const size = Buffer.alloc(2);
      size.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([size, answer]));
    }
  });
}
