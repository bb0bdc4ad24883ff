/** Where to listen, as `--listen` says it: `host:port`, or `unix:///path.sock`. */
import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { dirname } from 'node:path';

export type ListenAddress = { socket: string } | { host: string; port: number };

/** @throws RangeError with a hint where the text is not an address */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix://')) {
    const socket = text.slice('unix://'.length);
    if (socket.startsWith('/')) return { socket };
    throw new RangeError(
      `--listen ${text}: write the absolute path of a socket, such as unix:///run/agent.sock`,
    );
  }
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new RangeError(`--listen ${text}: write host:port or unix:///path.sock`);
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}

export function isLoopback(address: ListenAddress): boolean {
  return 'host' in address && (/^127\./.test(address.host) || ['localhost', '::1'].includes(address.host));
}

/**
 * Listens; a socket file left by a process that died is removed, one that is served by somebody is not.
 * @returns the address in the form that a client needs
 */
export async function listen(server: Server, address: ListenAddress): Promise<string> {
  if ('socket' in address) {
    mkdirSync(dirname(address.socket), { recursive: true, mode: 0o755 });
    if (await isServed(address.socket)) throw new Error(`${address.socket} is served by another process`);
    rmSync(address.socket, { force: true });
    const before = process.umask(0o077); // nobody but this user may connect
    try {
      await started(server, () => server.listen(address.socket));
    } finally {
      process.umask(before);
    }
    return `unix://${address.socket}`;
  }
  await started(server, () => server.listen(address.port, address.host));
  const { port } = server.address() as AddressInfo;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`;
}

function started(server: Server, begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    begin();
  });
}

function isServed(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(socket);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
