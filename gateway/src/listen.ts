/** The gateway's own port. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '@mobyclaw/lib/start-error';
import type { GatewayConfig } from './config/config.ts';

/** @returns the port, which the system chooses where it is 0. @throws StartError that says what to do */
export function listen(
  server: Server,
  { port, bind }: Pick<GatewayConfig, 'port' | 'bind'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `Port ${port} is in use by another program. Stop that one, or set MOBYCLAW_PORT to a free port.`
          : `Port ${port} cannot be opened (${error.code}). Set MOBYCLAW_PORT to another one.`;
      reject(new StartError(reason, { cause: error }));
    });
    server.listen(port, bind, () => resolve((server.address() as AddressInfo).port));
  });
}
