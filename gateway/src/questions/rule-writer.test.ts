/** A rule outlives the memory server that is away, and the gateway that dies before it is written. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { answer, asked, gatewayProcess } from '../testing/question-world.ts';

/** A memory server that knows rules alone, and takes none until it is told to. */
async function slowMemory() {
  const asked: unknown[] = [];
  let takes = false;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const isRule = request.url === '/soul/allow';
      if (isRule) asked.push(JSON.parse(text));
      const status = isRule ? (takes ? 200 : 500) : request.url === '/soul/rules' ? 200 : 404;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isRule ? { written: true } : { allow: [], ask: [], deny: [] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { MOBYCLAW_MEMORY_URL: url, MOBYCLAW_MEMORY_TOKEN: 'the-token-that-the-gateway-shows' };
  return {
    env,
    asked,
    take: () => {
      takes = true;
    },
  };
}

test('it is written by the next gateway, once', async () => {
  const memory = await slowMemory();
  const moby = await openHarness({ env: memory.env });
  const { stream } = await moby.start('confirm tool=shell');
  const question = await until(
    'a question',
    async () => (await moby.call('GET', '/api/questions')).body.items[0],
  );
  const rule = question.details.rule as string;
  const path = `/api/questions/${question.id}/answer`;
  expect((await moby.call('POST', path, { body: { option: 'always' } })).status).toBe(200);
  expect((await stream.all()).at(-1)?.type).toBe('done'); // the answer does not wait for it
  await until('a try', () => memory.asked.length > 0);
  await moby.close();
  memory.take();
  const before = memory.asked.length;
  const next = await openHarness({ env: memory.env, home: moby.home });
  await until('the rule', () => memory.asked.length > before);
  expect(memory.asked.at(-1)).toEqual({ rule });
  const count = memory.asked.length;
  await next.close();
  const third = await openHarness({ env: memory.env, home: moby.home });
  await third.ask('hello');
  expect(memory.asked.length).toBe(count);
});

test('it outlives a gateway that is killed right after the answer', async () => {
  const memory = await slowMemory();
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const { moby, gateway, killAndStart } = await gatewayProcess(agent, memory.env);
  onTestFinished(() => gateway.kill());
  await moby.start('confirm tool=shell');
  const question = await asked(moby);
  expect((await answer(moby, question, { option: 'always' })).status).toBe(200);
  await killAndStart();
  const before = memory.asked.length;
  memory.take();
  await until('the rule', () => memory.asked.length > before, 20_000);
  expect(memory.asked.at(-1)).toEqual({ rule: question.details.rule });
}, 60_000);
