import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Transport } from './transport.ts';

test('calls one after another share a connection', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end('{}')).on(
    'connection',
    () => connections++,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = new Transport(url);
  onTestFinished(() => {
    transport.agent.destroy();
    server.close();
  });
  for (let call = 0; call < 3; call++) {
    const answer = await transport.makeRequest(`${url}/api/users/@me`, { method: 'GET' });
    expect(await answer.json()).toEqual({});
  }
  expect(connections).toBe(1);
});
