/**
 * TLS that ends at the door, for hosts that a secret is bound to or whose rule speaks of methods and paths. The host is asked
 * first, with the client's protocols, and its certificate is checked as any program would; the client is then offered the
 * protocol that the host has chosen, so that HTTP/2 stays HTTP/2.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createServer, type SecureContext, type TLSSocket } from 'node:tls';
import type { ClientHello } from '../tls/client-hello.ts';
import { Refusal } from './refusal.ts';

const HANDSHAKE_MS = 15_000;
const KNOWN_PROTOCOLS = ['h2', 'http/1.1'];

export type Protocol = 'h2' | 'http/1.1';

/** @param far connected to the host @throws Refusal */
export async function tlsTo(far: Duplex, host: string, protocols: readonly string[]): Promise<TLSSocket> {
  const socket = connect({ socket: far, servername: host, ALPNProtocols: [...protocols] });
  try {
    await secured(socket);
    return socket;
  } catch (error) {
    far.destroy();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Refusal(
      'unreachable',
      `The certificate or the TLS of "${host}" is no good (${code ?? message}).`,
      error,
    );
  }
}

/** What is offered to the host: of the client's protocols those that can be looked into. */
export function offered({ protocols }: ClientHello): string[] {
  return protocols.length === 0 ? ['http/1.1'] : KNOWN_PROTOCOLS.filter((one) => protocols.includes(one));
}

export function protocolOf(socket: TLSSocket): Protocol {
  return socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1';
}

/**
 * By a server of Node's, which never listens: HTTP/2 loses what the client has sent already on a TLSSocket that is made by hand.
 * @throws the client's TLS error, such as that it does not trust the certificate
 */
export function tlsFrom(near: Socket, context: SecureContext, protocol: Protocol): Promise<TLSSocket> {
  const server = createServer({
    SNICallback: (_name, done) => done(null, context),
    ALPNProtocols: [protocol],
    handshakeTimeout: HANDSHAKE_MS,
  });
  return new Promise((resolve, reject) => {
    server.once('tlsClientError', reject);
    server.once('secureConnection', (socket) => {
      socket.on('error', () => undefined); // what comes later is told by its end
      resolve(socket);
    });
    near.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    server.emit('connection', near);
  });
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      HANDSHAKE_MS,
    );
    const end = (error: Error | null): void => {
      clearTimeout(timer);
      socket.off('secureConnect', onSecure).off('error', end).off('close', onClose);
      if (error === null) resolve();
      else reject(error);
    };
    const onSecure = (): void => end(null);
    const onClose = (): void => end(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    socket.once('secureConnect', onSecure).once('error', end).once('close', onClose);
    socket.on('error', () => undefined); // what comes later is told by its end
  });
}
