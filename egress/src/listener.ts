/** A server that listens, and its end: running requests may finish for a while, then they are cut. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from './config.ts';

const CLOSE_GRACE_MS = 3_000;

export interface Listener {
  /** `http://host:port` as bound. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws the listening error, such as EADDRINUSE */
export async function listen(server: Server, { host, port }: ListenAddress): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${name}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
