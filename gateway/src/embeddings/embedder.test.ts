import { startFakeEmbeddings } from '@mobyclaw/testkit/fake-embeddings';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { Embedder, QUESTION_WAITS_MS } from './embedder.ts';
import { EmbeddingsServer } from './embeddings-server.ts';
import { EmbeddingError } from './vector-source.ts';

async function setUp(model = 'small') {
  const server = await startFakeEmbeddings();
  onTestFinished(() => server.close());
  const clock = new ManualClock();
  const source = new EmbeddingsServer({ url: server.baseUrl, model, key: 'sk-secret' });
  const embedder = new Embedder(source, clock);
  const { signal } = new AbortController();
  return { server, clock, embedder, signal };
}

test('texts come back as vectors in their order, with the key and the model', async () => {
  const { server, embedder, signal } = await setUp();
  const [a, b] = await embedder.passages(['tea', 'boat'], signal);
  const [alone] = await embedder.passages(['boat'], signal);
  expect(b).toEqual(alone);
  expect(a).not.toEqual(b);
  expect(server.requests[0]).toEqual({
    model: 'small',
    input: ['tea', 'boat'],
    authorization: 'Bearer sk-secret',
  });
});

test('e5 is told what is a question and what is a passage', async () => {
  const { server, embedder, signal } = await setUp('intfloat/multilingual-e5-small');
  await embedder.passages(['tea'], signal);
  await embedder.questions(['tea?']);
  expect(server.requests.map(({ input }) => input)).toEqual([['passage: tea'], ['query: tea?']]);
});

test('a question that was asked before costs nothing', async () => {
  const { server, embedder } = await setUp();
  const first = await embedder.questions(['tea?']);
  expect(await embedder.questions(['tea?'])).toEqual(first);
  expect(server.requests).toHaveLength(1);
});

test('nobody waits for a server that is silent, and the clock is left alone after one that answers', async () => {
  const { server, clock, embedder } = await setUp();
  await embedder.questions(['tea?']);
  await until('the timer to be gone', () => clock.waiting === 0);
  server.status = null;
  const asked = embedder.questions(['boat?']);
  await until('the request', () => server.requests.length === 2);
  await clock.advance(QUESTION_WAITS_MS);
  expect(await asked).toBeNull();
});

test('a refusal is told without the key and the text', async () => {
  const { server, embedder, signal } = await setUp();
  server.status = 401;
  const refused = embedder.passages(['my secret tea'], signal);
  await expect(refused).rejects.toThrow(EmbeddingError);
  await expect(refused).rejects.toThrow(/HTTP 401.*MOBYCLAW_EMBEDDINGS_KEY|_KEY/);
  await expect(refused).rejects.not.toThrow(/sk-secret|my secret tea/);
  expect(await embedder.questions(['tea?'])).toBeNull();
});
