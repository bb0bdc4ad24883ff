/** A real process with a real runtime and a tiny model; the tests without a runtime show what is told where something is missing. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { cosine } from '@mobyclaw/recall/vector';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { modelRuntime, putModel, tinyModel } from '@mobyclaw/testkit/tiny-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { IDLE_MS, LocalEmbedder } from './local-embedder.ts';

const runtime = await modelRuntime();
const withRuntime = test.skipIf(runtime === null);
const TINY = tinyModel([['boat', 'vessel', 'yacht'], ['tea'], ['leaks', 'drips']]);

function setUp({ model = true, runs = true } = {}) {
  const home = temporaryFolder();
  if (model) putModel(home, 'tiny', TINY);
  if (runs && runtime !== null) symlinkSync(runtime, join(home, 'models', 'runtime'));
  const clock = new ManualClock();
  const embedder = new LocalEmbedder(home, clock, silentLogger);
  onTestFinished(() => embedder.close());
  return { home, clock, embedder };
}

const isAlive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

withRuntime('what means the same is near, whatever the words', async () => {
  const { embedder } = setUp();
  const { model, vectors } = await embedder.embed('passage', [
    'a boat leaks',
    'the YACHT drips',
    'green tea',
  ]);
  const [boat, yacht, tea] = vectors;
  expect(model).toBe('tiny');
  expect(cosine(boat!, yacht!)).toBeGreaterThan(0.99);
  expect(cosine(boat!, tea!)).toBeLessThan(0.5);
  const asked = await embedder.ask(['vessel']);
  expect(asked?.model).toBe('tiny');
  expect(cosine(asked!.vectors.get('vessel')!, boat!)).toBeGreaterThan(0.6);
});

withRuntime(
  'the process ends when nobody has asked for a while, and comes back with the next text',
  async () => {
    const { embedder, clock } = setUp();
    expect(embedder.pid).toBeUndefined();
    await embedder.embed('query', ['tea']);
    const { pid } = embedder;
    await clock.advance(IDLE_MS - 1);
    expect(isAlive(pid)).toBe(true);
    await clock.advance(1);
    await until('it to be gone', () => !isAlive(pid));
    expect(embedder.pid).toBeUndefined();
    await embedder.embed('query', ['tea']);
    expect(embedder.pid).not.toBe(pid);
  },
);

withRuntime('a question goes before passages that wait', async () => {
  const { embedder } = setUp();
  const order: string[] = [];
  const passages = Array.from({ length: 5 }, (_, n) =>
    embedder.embed('passage', [`tea ${n}`]).then(() => order.push('passage')),
  );
  const question = embedder.embed('query', ['tea']).then(() => order.push('question'));
  await Promise.all([...passages, question]);
  expect(order.indexOf('question')).toBeLessThan(2);
});

withRuntime('between passages it leaves as much time as one took, and a question ends the wait', async () => {
  const { embedder, clock } = setUp();
  const first = embedder.embed('passage', ['tea']);
  await until('it to be under way', () => clock.waiting > 0);
  await clock.advance(1000); // so long did the start and the text take
  await first;
  const second = embedder.embed('passage', ['tea']).then(() => 'made');
  await until('the wait', () => clock.waiting > 0);
  expect(await Promise.race([second, embedder.ask(['tea']).then(() => 'asked')])).toBe('asked');
  await clock.advance(1000);
  expect(await second).toBe('made');
});

withRuntime('another model is taken up at once, and one that is removed is gone', async () => {
  const { home, embedder } = setUp();
  await embedder.embed('query', ['tea']);
  putModel(home, 'other', tinyModel([['tea', 'boat']]), '2026-02-01T00:00:00Z');
  const { model, vectors } = await embedder.embed('query', ['tea', 'boat']);
  expect([model, cosine(vectors[0]!, vectors[1]!) > 0.99]).toEqual(['other', true]);
  for (const name of ['other', 'tiny']) rmSync(join(home, 'models', name), { recursive: true });
  expect(embedder.view()).toEqual({ model: null, problem: null });
  expect(await embedder.ask(['tea'])).toBeNull();
});

withRuntime('one that was killed is started again, after a pause', async () => {
  const { embedder, clock } = setUp();
  await embedder.embed('query', ['tea']);
  process.kill(embedder.pid!, 'SIGKILL');
  await until('the end to be seen', async () => {
    await embedder.embed('query', ['tea']).catch(() => undefined);
    return embedder.view().problem !== null;
  });
  expect(embedder.view().problem).toContain('SIGKILL');
  await clock.advance(1000);
  expect((await embedder.embed('query', ['tea'])).vectors).toHaveLength(1);
  expect(embedder.view().problem).toBeNull();
});

test('a file that is not what was installed is refused, and told of until it is installed again', async () => {
  const { home, embedder } = setUp();
  writeFileSync(join(home, 'models/tiny/model.onnx'), TINY['model.onnx'].subarray(0, -1));
  const refused = embedder.embed('query', ['tea']);
  await expect(refused).rejects.toThrow(/model\.onnx of the model tiny .*memory model install/);
  expect(embedder.view().problem).toContain('model.onnx of the model tiny');
  expect(await embedder.ask(['tea'])).toBeNull();
  putModel(home, 'tiny', TINY, '2026-03-01T00:00:00Z');
  expect(embedder.view()).toEqual({ model: 'tiny', problem: null });
  if (runtime !== null) expect((await embedder.embed('query', ['tea'])).vectors).toHaveLength(1);
});

test('where nothing is there to run it, that is said', async () => {
  const { embedder } = setUp({ runs: false });
  await expect(embedder.embed('query', ['tea'])).rejects.toThrow(
    /cannot be loaded on .*memory model install/,
  );
});

test('without a model nothing is started', async () => {
  const { embedder } = setUp({ model: false, runs: false });
  embedder.warm();
  expect(await embedder.ask(['tea'])).toBeNull();
  await expect(embedder.embed('passage', ['tea'])).rejects.toThrow('no local model is installed');
  expect(embedder.pid).toBeUndefined();
});
