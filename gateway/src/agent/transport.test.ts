import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { systemClock } from '@mobyclaw/lib/clock';
import { expect, onTestFinished, test } from 'vitest';
import { AgentError } from './agent-error.ts';
import { Transport } from './transport.ts';

/** Answers each request once and resets the connection at the next one, as a killed agent's sockets do. */
async function agentThatResetsReusedConnections(freshWorks: boolean) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const allowed = connections++ < 4 || freshWorks;
    let requests = 0;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (!allowed || requests++ > 0) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function withFourKeptConnections(url: string): Promise<Transport> {
  const transport = new Transport({ url, clock: systemClock });
  onTestFinished(() => transport.close());
  const ping = () => transport.exchange({ method: 'GET', path: '/api/ping' }, 5000);
  await Promise.all([ping(), ping(), ping(), ping()]);
  return transport;
}

test('an agent that was killed leaves all kept connections dead: the request goes out on a new one', async () => {
  const transport = await withFourKeptConnections(await agentThatResetsReusedConnections(true));
  await expect(transport.exchange({ method: 'GET', path: '/api/ping' }, 5000)).resolves.toMatchObject({
    status: 200,
  });
});

test('where the new connection is reset too, the agent has died, and nothing untyped comes out', async () => {
  const transport = await withFourKeptConnections(await agentThatResetsReusedConnections(false));
  const error = await transport
    .exchange({ method: 'GET', path: '/x' }, 5000)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AgentError);
  expect((error as AgentError).code).toBe('agent_died');
});
