import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@mobyclaw/lib/logger';
import { expect, it, onTestFinished } from 'vitest';
import { PartClient } from '../parts/part-client.ts';
import { HeartbeatChanges } from './heartbeat-changes.ts';

it('tells memory of turns that end while it is being asked together, and each of them once', async () => {
  const told: unknown[] = [];
  const first = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    told.push(JSON.parse(body));
    if (told.length === 1) await first.promise;
    response.end('[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const memory = new PartClient(`http://127.0.0.1:${port}`, 'token');
  const changes = new HeartbeatChanges({ memory, notify: async () => undefined, logger: silentLogger });

  const checks = [changes.check('a')];
  await expect.poll(() => told.length).toBe(1);
  checks.push(changes.check('b'), changes.check(), changes.check('c'));
  first.resolve();
  await Promise.all(checks);
  expect(told).toEqual([{ turns: ['a'] }, { turns: ['b', 'c'] }]);
  await changes.check('d');
  expect(told.at(-1)).toEqual({ turns: ['d'] });
});
