import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

test('two prompts at the same moment to one session never overlap at the agent, and both are answered', async () => {
  const moby = await openHarness();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => moby.ask(`message ${index} tokens=3 interval=2ms`)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  const { runs, maxConcurrent } = moby.agent?.stats() ?? { runs: [], maxConcurrent: 0 };
  expect(maxConcurrent).toBe(1);
  expect(runs).toHaveLength(8);
});

test('fifty sessions run side by side', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_MAX_TURNS: '64' } });
  const streams = await Promise.all(
    Array.from({ length: 50 }, (_, index) => moby.start('silence', { session: `api:s${index}` })),
  );
  await until('all fifty to run', () => moby.agent?.stats().running === 50);
  for (const { turn } of streams) await moby.call('POST', `/api/turns/${turn}/cancel`);
  for (const { stream } of streams) expect((await stream.all()).at(-1)?.type).toBe('error');
});

test('who waits is told how many are ahead', async () => {
  const moby = await openHarness();
  const first = await moby.start('silence');
  await first.stream.until(({ type }) => type === 'started');
  const second = await moby.start('second');
  const third = await moby.start('third');
  const view = await moby.call('GET', `/api/turns/${third.turn}`);
  expect(view.body).toMatchObject({ state: 'queued', position: 2 });
  await moby.call('POST', `/api/turns/${first.turn}/cancel`);
  expect((await second.stream.all()).at(-1)?.type).toBe('done');
  expect((await third.stream.all()).at(-1)?.type).toBe('done');
});

test('a full queue refuses visibly and loses nothing', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_QUEUE_LIMIT: '2' } });
  const running = await moby.start('silence');
  await running.stream.until(({ type }) => type === 'started');
  const waiting = [await moby.start('one'), await moby.start('two')];
  const refused = await moby.ask('three');
  expect([refused.status, refused.body.type]).toEqual([429, '/problems/queue-full']);
  await moby.call('POST', `/api/turns/${running.turn}/cancel`);
  for (const { stream } of waiting) expect((await stream.all()).at(-1)?.type).toBe('done');
});

test('/stop ends the running turn and those that wait, keeps what was said, and the session goes on', async () => {
  const moby = await openHarness();
  const running = await moby.start('a long story silence=5');
  await running.stream.until(({ type }) => type === 'token');
  const waiting = await moby.start('never asked');
  const stopped = await moby.call('POST', '/api/sessions/api:default/stop');
  expect(stopped.body).toEqual({ stopped: running.turn, cancelled: 1 });
  expect((await running.stream.all()).at(-1)).toMatchObject({
    type: 'error',
    data: { code: 'cancelled', partial: expect.stringContaining('You') },
  });
  // Nobody is to send again what he has stopped himself.
  expect((await waiting.stream.all()).at(-1)).toMatchObject({
    type: 'error',
    data: { code: 'cancelled', message: 'Cancelled before it started.', retryable: false },
  });
  const next = await moby.ask('go on');
  expect(next.body.text).toContain('go on');
  const { runs } = moby.agent?.stats() ?? { runs: [] };
  expect(runs.map(({ session }) => session)).toEqual(Array(2).fill(runs[0]?.session));
  const history = await moby.call('GET', '/api/sessions/api:default/messages');
  const cut = history.body.items.filter(({ incomplete }: { incomplete?: boolean }) => incomplete);
  expect(cut).toMatchObject([{ role: 'assistant', turn: running.turn }]);
});

test('a stop inside a tool call leaves that agent session, and the new one is told what was said', async () => {
  const moby = await openHarness();
  await moby.ask('my cat is called Tarantella');
  const running = await moby.start('tool=slow_tool tool-ms=60000');
  await running.stream.until((event) => event.type === 'tool' && event.data.phase === 'call');
  await moby.call('POST', `/api/turns/${running.turn}/cancel`);
  await running.stream.all();
  expect((await moby.ask('what now')).status).toBe(200);
  const { runs } = moby.agent?.stats() ?? { runs: [] };
  expect(runs[2]?.session).not.toBe(runs[0]?.session);
  expect(runs[2]?.prompt).toContain('Tarantella');
});

test('interrupt: the newest message stops what runs and replaces what waits', async () => {
  const moby = await openHarness();
  const running = await moby.start('silence=2');
  await running.stream.until(({ type }) => type === 'token');
  const waiting = await moby.start('waiting');
  const newest = await moby.start('newest', { queue: 'interrupt' });
  expect((await newest.stream.all()).at(-1)).toMatchObject({ type: 'done' });
  expect((await running.stream.all()).at(-1)).toMatchObject({ type: 'error', data: { code: 'interrupted' } });
  expect((await waiting.stream.all()).at(-1)).toMatchObject({
    type: 'error',
    data: {
      code: 'interrupted',
      message: 'Not answered, because a newer message came in.',
      retryable: false,
    },
  });
});

test('collect: a burst becomes one prompt, and everyone who waits gets the one answer', async () => {
  const moby = await openHarness();
  await moby.ask('hello');
  await moby.call('PATCH', '/api/sessions/api:default', { body: { queueMode: 'collect' } });
  const running = await moby.start('silence');
  await running.stream.until(({ type }) => type === 'started');
  const burst = [await moby.start('first half'), await moby.start('second half')];
  await moby.call('POST', `/api/turns/${running.turn}/cancel`);
  const ends = [];
  for (const { stream } of burst) ends.push((await stream.all()).at(-1));
  expect(ends).toMatchObject([{ type: 'done' }, { type: 'done', data: { mergedInto: burst[0]?.turn } }]);
  const last = moby.agent?.stats().runs.at(-1);
  expect(last?.prompt).toContain('first half\n\nsecond half');
  const history = await moby.call('GET', '/api/sessions/api:default/messages');
  expect(history.body.items.filter(({ role }: { role: string }) => role === 'assistant')).toHaveLength(2);
});

test('a reset takes a new agent session, with the recent exchanges or without', async () => {
  const moby = await openHarness();
  await moby.ask('the word is Quetzal');
  await moby.call('POST', '/api/sessions/api:default/reset');
  await moby.ask('second');
  await moby.call('POST', '/api/sessions/api:default/reset', { body: { carry: false } });
  await moby.ask('third');
  const { runs } = moby.agent?.stats() ?? { runs: [] };
  expect(new Set(runs.map(({ session }) => session)).size).toBe(3);
  expect(runs[1]?.prompt).toContain('Quetzal');
  expect(runs[2]?.prompt).not.toContain('Quetzal');
});
