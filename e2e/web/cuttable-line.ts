/** A line to the gateway that a test cuts: a relay of TCP, since a browser's own offline mode leaves streams alone that are open. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CuttableLine {
  /** Instead of the gateway's. */
  readonly port: number;
  /** Breaks what is open; nothing gets through until `up`. */
  down(): void;
  up(): void;
}

export async function cuttableLine(target: number): Promise<CuttableLine> {
  const open = new Set<Socket>();
  let isDown = false;
  const server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const gateway = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isDown = true;
    for (const socket of open) socket.resetAndDestroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    down: cut,
    up() {
      isDown = false;
    },
  };
}
