import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { keepAlive } from './keep-alive.ts';

test('a silent stream shows life every 15 s, and no more once its reader has left', async () => {
  const clock = new ManualClock(0);
  let gone = false;
  const server = createServer((_request, response) => {
    response.writeHead(200);
    response.flushHeaders();
    keepAlive(response, clock);
    response.on('close', () => {
      gone = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  let read = '';
  let began = false;
  const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, (response) => {
    began = true;
    response.setEncoding('utf8').on('data', (text: string) => {
      read += text;
    });
    response.on('error', () => undefined); // it is broken off below
  });
  request.on('error', () => undefined);
  await until('the answer', () => began);
  await clock.advance(14_999);
  expect(read).toBe('');
  await clock.advance(1);
  await until('a sign of life', () => read === ': still here\n\n');
  await clock.advance(15_000);
  await until('another', () => read === ': still here\n\n: still here\n\n');
  request.destroy();
  await until('the end', () => gone);
  expect(clock.waiting).toBe(0);
});
