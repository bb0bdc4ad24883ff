/** Search by meaning on the whole way: gateway, the memory server itself, and an embeddings server of the tests or a model in memory. */
import { appendFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { startFakeEmbeddings } from '@mobyclaw/testkit/fake-embeddings';
import { modelRuntime, putModel, tinyModel } from '@mobyclaw/testkit/tiny-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ActingAgent } from '../testing/acting-agent.ts';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

/** Looks come at once, deadlines late: the machine may be busy. */
const brisk = {
  ...systemClock,
  after: (ms: number, task: () => void) => systemClock.after(ms >= 1000 ? 20 : ms * 20, task),
};

async function setUp() {
  const server = await startFakeEmbeddings([
    ['boat', 'vessel', 'yacht'],
    ['leaks', 'drips'],
  ]);
  onTestFinished(() => server.close());
  const memory = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const env = {
    ...memory.env,
    MOBYCLAW_RECALL: 'tool',
    MOBYCLAW_EMBEDDINGS_URL: server.baseUrl,
    MOBYCLAW_EMBEDDINGS_MODEL: 'small',
  };
  const open = async (model = 'small', home?: string) => {
    const moby = await openHarness({
      env: { ...env, MOBYCLAW_EMBEDDINGS_MODEL: model },
      agent: { script: agent.script },
      clock: brisk,
      ...(home === undefined ? {} : { home }),
    });
    agent.port = moby.port;
    return moby;
  };
  const embedded = (text: string, model = 'small') =>
    until(`"${text}" to be embedded`, () =>
      server.requests.some((one) => one.model === model && one.input.some((input) => input.includes(text))),
    );
  return { server, memory, agent, open, embedded };
}

test('memory and history find what shares no word with the question', async () => {
  const { memory, agent, open, embedded } = await setUp();
  appendFileSync(join(memory.home, 'memory/2026-01-02.md'), '- 10:00 the boat leaks\n- 11:00 Anna called\n');
  const moby = await open();
  await moby.ask('yacht drips since Monday');
  await embedded('the boat leaks');
  await embedded('yacht drips');
  const search = async () => {
    const found = agent.onMessage('look it up', 'memory_search', { query: 'vessel' });
    await moby.ask('look it up');
    return (await found).text;
  };
  let told = '';
  await until('the vectors to be kept', async () => {
    told = await search();
    return told.includes('the boat leaks');
  });
  expect(told).not.toContain('words alone');
  const hits = async () => (await moby.call('GET', '/api/history/search?q=vessel')).body;
  await until('the history', async () => (await hits()).items[0]?.text?.includes('yacht drips'));
  expect((await hits()).byWordsAlone).toBeUndefined();
});

const runtime = await modelRuntime();
const PATIENT_MS = 60_000; // a process starts, and a question waits for no more than a moment each time

test.skipIf(runtime === null)(
  'a model that is installed while Moby runs is taken up by memory and history, and one that is removed is gone',
  async () => {
    const memory = await startMemoryServer();
    const agent = new ActingAgent();
    agent.memory = memory.url;
    appendFileSync(
      join(memory.home, 'memory/2026-01-02.md'),
      '- 10:00 the boat leaks\n- 11:00 Anna called\n',
    );
    const moby = await openHarness({
      env: { ...memory.env, MOBYCLAW_RECALL: 'tool' },
      agent: { script: agent.script },
      clock: brisk,
    });
    agent.port = moby.port;
    await moby.ask('yacht drips since Monday');
    const look = async () => {
      const found = agent.onMessage('look it up', 'memory_search', { query: 'vessel' });
      await moby.ask('look it up');
      return (await found).text;
    };
    const first = async () => (await moby.call('GET', '/api/history/search?q=vessel')).body.items[0]?.text;
    const embeddings = async () => (await moby.call('GET', '/api/status')).body.embeddings;
    expect(await look()).not.toContain('the boat leaks');
    expect(await embeddings()).toBeUndefined();

    mkdirSync(join(memory.home, 'models'));
    symlinkSync(runtime ?? '', join(memory.home, 'models/runtime'));
    putModel(memory.home, 'tiny', tinyModel([['boat', 'vessel', 'yacht'], ['called']]));
    await until('memory to find it', async () => (await look()).includes('the boat leaks'), PATIENT_MS);
    await until('the history', async () => (await first())?.includes('yacht drips') === true, PATIENT_MS);
    expect(await embeddings()).toMatchObject({ model: 'tiny', where: 'local' });

    rmSync(join(memory.home, 'models/tiny'), { recursive: true });
    expect(await look()).not.toMatch(/the boat leaks|words alone/);
  },
  3 * PATIENT_MS,
);

test('where the server does not answer, words are searched and that is said', async () => {
  const { server, memory, agent, open, embedded } = await setUp();
  appendFileSync(join(memory.home, 'memory/2026-01-02.md'), '- 10:00 the boat leaks\n');
  const moby = await open();
  await embedded('the boat leaks');
  server.status = 500;
  const found = agent.onMessage('look it up', 'memory_search', { query: 'boat' });
  await moby.ask('look it up');
  const { text } = await found;
  expect(text).toContain('the boat leaks');
  expect(text).toContain('words alone');
  expect((await moby.call('GET', '/api/history/search?q=look')).body).toMatchObject({ byWordsAlone: true });
});

test('another model makes all vectors anew', async () => {
  const { memory, open, embedded } = await setUp();
  appendFileSync(join(memory.home, 'memory/2026-01-02.md'), '- 10:00 the boat leaks\n');
  const moby = await open();
  await embedded('the boat leaks');
  await moby.close();
  await open('larger', moby.home);
  await embedded('the boat leaks', 'larger');
});

test('a server without a model is refused at the start', async () => {
  const opened = openHarness({ env: { MOBYCLAW_EMBEDDINGS_URL: 'http://127.0.0.1:1/v1' } });
  await expect(opened).rejects.toThrow(/MOBYCLAW_EMBEDDINGS_MODEL.*is missing/);
});
