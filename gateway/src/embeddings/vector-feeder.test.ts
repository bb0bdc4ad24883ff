import { silentLogger } from '@mobyclaw/lib/logger';
import { startFakeEmbeddings } from '@mobyclaw/testkit/fake-embeddings';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { Embedder } from './embedder.ts';
import { EmbeddingsServer } from './embeddings-server.ts';
import { VectorFeeder, type VectorHome } from './vector-feeder.ts';

async function setUp(texts: string[]) {
  const server = await startFakeEmbeddings();
  const clock = new ManualClock();
  const made: number[] = [];
  const home: VectorHome = {
    name: 'home',
    exchange: async (body) => {
      made.push(...body.made.map(({ id }) => id));
      const wanted = texts.map((text, id) => ({ id, check: 0, text })).filter(({ id }) => !made.includes(id));
      return { wanted: wanted.slice(0, body.most), done: made.length, of: texts.length };
    },
  };
  const source = new EmbeddingsServer({ url: server.baseUrl, model: 'small', key: undefined });
  const embedder = new Embedder(source, clock);
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
  await until('all to be made', () => feeder.state()?.done === 70);
  expect(feeder.state()).toEqual({ model: 'small', where: 'server', done: 70, of: 70, failing: null });
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
  const began = clock.now();
  feeder.start();
  for (let round = 1; round <= 4; round++) {
    await until('the request', () => server.requests.length === round);
    await until('the pause', () => clock.waiting > 0);
    expect(feeder.state()?.failing).toEqual({ since: began, reason: expect.stringContaining('HTTP 503') });
    const least = (5000 * 2 ** (round - 1)) / 2;
    await clock.advance(least - 1);
    expect(server.requests).toHaveLength(round);
    if (round === 4) server.status = 200;
    await clock.advance(least + 1);
  }
  await until('it to be made', () => made.length === 1);
  await until('the pause', () => clock.waiting > 0);
  expect(feeder.state()).toMatchObject({ done: 1, of: 1, failing: null });
});
