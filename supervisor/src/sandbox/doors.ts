/**
 * The ways out of the sandbox: each is a port on the loopback interface inside, whose connections are made here, outside,
 * to one fixed place. The listening sockets are made inside, since they belong to that network, and handed out here as open
 * descriptors, so no process in there has to forward anything, and nothing in there can say where a connection goes.
 */
import { connect, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

export interface Door {
  /** On 127.0.0.1 inside. */
  port: number;
  target: { host: string; port: number } | { path: string };
}

/** Opens one: `server` listens inside. @returns what closes it, and every connection through it */
export function openDoor(server: Server, { target }: Door): () => void {
  const open = new Set<Socket>();
  Object.assign(server, { allowHalfOpen: true, noDelay: true });
  server.on('connection', (inner: Socket) => {
    const outer = connect({ ...target, allowHalfOpen: true, noDelay: true });
    for (const socket of [inner, outer]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
    // A cut on one side is a cut on the other, and no end in good order: cagent 1.32.3 takes a connection that just ends for
    // an answer that is complete. A part that is not there is such a cut too, since the door itself took the connection.
    inner.on('error', () => outer.resetAndDestroy());
    outer.on('error', () => inner.resetAndDestroy());
    pipeline(inner, outer, () => undefined);
    pipeline(outer, inner, () => undefined);
  });
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}
