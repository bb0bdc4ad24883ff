import { silentLogger } from '@mobyclaw/lib/logger';
import { startFakeEmbeddings } from '@mobyclaw/testkit/fake-embeddings';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { Embedder } from './embedder.ts';
import { VectorFeeder, type VectorHome } from './vector-feeder.ts';

async function setUp(texts: string[]) {
  const server = await startFakeEmbeddings();
  const clock = new ManualClock();
  const made: number[] = [];
  const home: VectorHome = {
    name: 'home',
    exchange: async (body) => {
      made.push(...body.made.map(({ id }) => id));
      return texts
        .map((text, id) => ({ id, check: 0, text }))
        .filter(({ id }) => !made.includes(id))
        .slice(0, body.most);
    },
  };
  const embedder = new Embedder({ url: server.baseUrl, model: 'small', key: undefined }, clock);
  const feeder = new VectorFeeder({ embedder, homes: [home], clock, logger: silentLogger });
  onTestFinished(async () => {
    await feeder.stop();
    server.close();
  });
  return { server, clock, feeder, made, texts };
}

test('what is missing is made in batches, and what comes later with the next look', async () => {
  const { server, clock, feeder, made, texts } = await setUp(
    Array.from({ length: 70 }, (_, n) => `text ${n}`),
  );
  feeder.start();
  await until('all to be made', () => made.length === 70);
  expect(server.requests.map(({ input }) => input.length)).toEqual([32, 32, 6]);
  texts.push('   ');
  await until('the pause', () => clock.waiting > 0);
  await clock.advance(10_000);
  await until('the last', () => made.length === 71);
  expect(server.requests[3]?.input).toEqual(['-']);
});

test('a server that refuses is asked less and less often, and all is made when it is back', async () => {
  const { server, clock, feeder, made } = await setUp(['tea']);
  server.status = 503;
  feeder.start();
  for (let round = 1; round <= 4; round++) {
    await until('the request', () => server.requests.length === round);
    await until('the pause', () => clock.waiting > 0);
    const least = (5000 * 2 ** (round - 1)) / 2;
    await clock.advance(least - 1);
    expect(server.requests).toHaveLength(round);
    if (round === 4) server.status = 200;
    await clock.advance(least + 1);
  }
  await until('it to be made', () => made.length === 1);
});
