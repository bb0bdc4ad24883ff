/**
 * The way of discord.js's websocket through a proxy. The library lets nobody choose how its socket is connected, so it
 * connects to this, on loopback, and the handshake is passed on to Discord by an agent that knows the proxy. What comes
 * after it is bytes, both ways, and where one end closes so does the other.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { outsideAgent } from '@mobyclaw/lib/outside-agent';
import { isProxied } from '@mobyclaw/lib/proxy';
import { uuidv7 } from '@mobyclaw/lib/uuid';

const SECURE = /^wss:/;

export class ProxyRelay {
  readonly #server: Server;
  readonly #agent = outsideAgent(true);
  readonly #sockets = new Set<Duplex>();
  /** What nobody else on this machine knows. */
  readonly #secret = uuidv7();

  private constructor() {
    this.#server = createServer((_request, response) => response.writeHead(404).end());
    this.#server.on('upgrade', (request, socket, head) => this.#pass(request, socket, head));
  }

  /** @returns null where a socket to this address goes through no proxy */
  static async open(address: string): Promise<ProxyRelay | null> {
    if (!SECURE.test(address) || !isProxied(new URL(address.replace(SECURE, 'https:')), process.env))
      return null;
    const relay = new ProxyRelay();
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject);
      relay.#server.listen(0, '127.0.0.1', resolve);
    });
    return relay;
  }

  /** @returns the address to connect to instead of this one */
  through(address: string): string {
    if (!SECURE.test(address)) return address; // also one that this has given before
    const { port } = this.#server.address() as AddressInfo;
    return `ws://127.0.0.1:${port}/${this.#secret}/${encodeURIComponent(address)}`;
  }

  /** Closes every socket. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
  }

  #pass(request: IncomingMessage, near: Duplex, head: Buffer): void {
    this.#keep(near);
    const { pathname, search } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, secret, address = ''] = pathname.split('/');
    if (secret !== this.#secret) return void near.destroy();
    const target = new URL(decodeURIComponent(address).replace(SECURE, 'https:'));
    target.search = search;
    const { agent: _, ...headers } = { ...request.headers, agent: undefined, host: target.host };
    const onward = httpsRequest(target, { agent: this.#agent, headers });
    // The library takes a line that breaks for what it is, and tries again.
    onward.on('error', () => near.destroy());
    onward.on('response', () => {
      near.destroy();
      onward.destroy();
    });
    near.on('close', () => onward.destroy());
    onward.on('upgrade', (answer, far, rest) => {
      this.#keep(far);
      const lines = answer.rawHeaders.map((part, at) => (at % 2 === 0 ? `${part}: ` : `${part}\r\n`));
      near.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      near.write(rest);
      far.write(head);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    onward.end();
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
