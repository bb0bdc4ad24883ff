/** The first bytes of a connection, looked at before anybody answers them, and put back. */
import type { Socket } from 'node:net';
import { type ClientHello, type HelloReading, readClientHello } from './client-hello.ts';

export type Opening =
  | { kind: 'tls'; hello: ClientHello }
  /** Anything else, such as an HTTP request. */
  | { kind: 'plain' }
  /** A sentence without its full stop. */
  | { kind: 'fault'; fault: string }
  /** It left without a word. */
  | { kind: 'closed' };

/** @param withinMs the longest that a client may take for its first message, in milliseconds */
export function readOpening(socket: Socket, withinMs: number): Promise<Opening> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (opening: Opening): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onClosed).off('close', onClosed);
      socket.pause();
      if (chunks.length > 0) socket.unshift(Buffer.concat(chunks));
      resolve(opening);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const reading: HelloReading | 'plain' = bytes[0] === 0x16 ? readClientHello(bytes) : 'plain';
      if (reading === 'plain') done({ kind: 'plain' });
      else if (reading.state === 'read') done({ kind: 'tls', hello: reading.hello });
      else if (reading.state === 'fault') done({ kind: 'fault', fault: `the TLS greeting ${reading.fault}` });
    };
    const onClosed = (): void => done({ kind: 'closed' });
    const timer = setTimeout(
      () => done({ kind: 'fault', fault: 'nothing came over the connection' }),
      withinMs,
    );
    socket.on('data', onData).on('end', onClosed).on('close', onClosed);
  });
}
