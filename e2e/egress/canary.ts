/**
 * What stands for all that is outside: it listens for TCP, UDP, DNS and HTTP at one port of this machine's addresses, and writes
 * down whatever comes. To whoever asks it answers the one word that nobody inside may ever see.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

export const ESCAPED = 'the-canary-has-answered';

export interface Canary {
  readonly port: number;
  /** One line a connection, a piece of one, or a datagram. */
  readonly seen: readonly string[];
  close(): void;
}

/** @param hosts of this machine; loopback, and Docker's bridge */
export async function startCanary(hosts: readonly string[]): Promise<Canary> {
  const seen: string[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  let port = 0;
  for (const host of hosts) {
    const server = createServer((connection) => {
      seen.push(`tcp ${host} from ${connection.remoteAddress}`);
      connection.on('error', () => undefined);
      connection.on('data', (chunk) => {
        seen.push(`tcp ${host} ${chunk.toString('latin1').slice(0, 300)}`);
        connection.end(
          `HTTP/1.1 200 OK\r\nContent-Length: ${ESCAPED.length}\r\nConnection: close\r\n\r\n${ESCAPED}`,
        );
      });
    }).listen(port, host);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    servers.push(server);
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (message, from) => {
      seen.push(`udp ${host} ${message.toString('latin1').slice(0, 300)}`);
      socket.send(ESCAPED, from.port, from.address);
    });
    socket.bind(port, host);
    await once(socket, 'listening');
    sockets.push(socket);
  }
  return {
    port,
    seen,
    close() {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.close();
    },
  };
}
