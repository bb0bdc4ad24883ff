/** A server that speaks: one Opus packet for each word, and whatever goes wrong that the test plans. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SpeechServer {
  /** For the gateway. */
  env: Record<string, string>;
  /** What it was asked: path, authorization and body. */
  readonly asked: { path: string; key: string | undefined; body: Record<string, unknown> }[];
  /** What the next calls get instead of sound. */
  readonly faults: ({ status: number; headers?: Record<string, string> } | 'drop' | 'hang')[];
}

export async function startSpeechServer(): Promise<SpeechServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      speech.asked.push({ path: request.url ?? '', key: request.headers.authorization, body });
      const fault = speech.faults.shift();
      if (fault === 'hang') return;
      if (fault === 'drop') response.destroy();
      else if (fault) response.writeHead(fault.status, fault.headers).end('{}');
      else response.end(oggOpus(String(body.input).split(' ').length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const speech: SpeechServer = {
    env: { MOBYCLAW_SPEECH_URL: `http://127.0.0.1:${port}/v1`, MOBYCLAW_SPEECH_KEY: 'k' },
    asked: [],
    faults: [],
  };
  return speech;
}

/** An Ogg stream of Opus (RFC 7845) with so many seconds, a packet each; nothing in it can be decoded. */
export function oggOpus(seconds: number, preSkip = 312): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(1, 9);
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(48_000, 12);
  const packets = Array.from({ length: seconds }, (_, index) => Buffer.alloc(20 + (index % 5) * 60, index));
  return Buffer.concat([
    page([head], 0n),
    page([Buffer.from('OpusTags')], 0n),
    ...packets.map((packet, index) => page([packet], BigInt((index + 1) * 48_000 + preSkip))),
  ]);
}

/** One page, whose checksum nobody looks at. */
function page(packets: readonly Buffer[], time: bigint): Buffer {
  const sizes = packets.flatMap(({ length }) => [...Array(Math.floor(length / 255)).fill(255), length % 255]);
  const head = Buffer.alloc(27);
  head.write('OggS', 'latin1');
  head.writeBigUInt64LE(time, 6);
  head.writeUInt8(sizes.length, 26);
  return Buffer.concat([head, Buffer.from(sizes), ...packets]);
}
