/** Schedules and the heartbeat through the API of a real gateway, in front of a fake agent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunView } from '@mobyclaw/protocol/job';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type Harness, openHarness } from '../../testing/harness.ts';
import { LiveReader } from '../../testing/live-reader.ts';

async function ended(gateway: Harness, job: string): Promise<RunView> {
  return until('the run to end', async () => {
    const { body } = await gateway.call('GET', `/api/jobs/${job}/runs`);
    const [run] = body.items as RunView[];
    return run?.state === 'ended' ? run : null;
  });
}

test('a scheduled prompt runs by itself; its answer is where it was sent, once, through a restart', async () => {
  const home = temporaryFolder();
  const gateway = await openHarness({ home });
  const made = await gateway.call('POST', '/api/jobs', {
    body: { name: 'brief', every: '1s', count: 1, prompt: 'tokens=3 What is new?', channel: 'web:main' },
  });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ name: 'brief', state: 'active', next: [expect.any(String)] });
  const { id } = made.body;
  const run = await ended(gateway, id);
  expect(run).toMatchObject({
    outcome: 'succeeded',
    trigger: 'schedule',
    attempt: 1,
    delivery: { state: 'accepted', channel: 'web:main' },
  });
  const turn = await gateway.call('GET', `/api/turns/${run.turn}`);
  expect(turn.body).toMatchObject({ session: `cron:${id}`, source: 'cron', state: 'done' });
  await gateway.close();

  const again = await openHarness({ home });
  expect((await again.call('GET', `/api/jobs/${id}`)).body).toMatchObject({
    state: 'finished',
    runs: 1,
    next: [],
  });
  const { body } = await again.call('GET', '/api/sessions/web:main/messages');
  expect(body.items).toMatchObject([{ role: 'assistant', text: turn.body.text }]);
});

test('a message runs by hand, is changed, paused and removed', async () => {
  const gateway = await openHarness();
  const { body: job } = await gateway.call('POST', '/api/jobs', {
    body: {
      name: 'pill',
      cron: '0 9 * * *',
      timeZone: 'Asia/Tokyo',
      message: 'Take it.',
      channel: 'cli:main',
      count: 9,
    },
  });
  const path = `/api/jobs/${job.id}`;
  expect(job.nextLocal[0]).toMatch(/T09:00:00\+09:00$/);
  const run = await gateway.call('POST', `${path}/run`);
  expect(run).toMatchObject({ status: 202, body: { trigger: 'manual' } });
  expect(await ended(gateway, job.id)).toMatchObject({ outcome: 'succeeded', text: 'Take it.' });
  const changed = await gateway.call('PATCH', path, {
    body: { enabled: false, count: null, message: 'Now.' },
  });
  expect(changed.body).toMatchObject({ state: 'paused', message: 'Now.', next: [] });
  expect(changed.body.count).toBeUndefined();
  expect((await gateway.call('GET', '/api/jobs')).body.items).toMatchObject([
    { id: job.id, lastRun: { outcome: 'succeeded' } },
  ]);
  expect((await gateway.call('DELETE', path)).status).toBe(204);
  for (const [method, missing] of [
    ['GET', path],
    ['DELETE', path],
    ['PATCH', path],
    ['POST', `${path}/run`],
    ['GET', `${path}/runs`],
  ] as const) {
    const options = method === 'PATCH' ? { body: {} } : {};
    expect((await gateway.call(method, missing, options)).status).toBe(404);
  }
});

test.each([
  [{ cron: '0 0 30 2 *' }, /never happens/],
  [{ at: '2020-01-01T00:00:00Z' }, /has passed/],
  [{ every: '0s' }, /at least 1s/],
  [{ every: '1h', timeZone: 'Berlin' }, /Europe\/Berlin/],
  [{ every: '1h', channel: 'nowhere' }, /not a session key/],
  [{ every: '1h', wrong: 1 }, /wrong/],
  [{}, /exactly one of at, every and cron/],
])('refuses %j and says what to write instead', async (body, reason) => {
  const gateway = await openHarness();
  const answer = await gateway.call('POST', '/api/jobs', { body: { name: 'x', message: 'x', ...body } });
  expect(answer.status).toBe(422);
  expect(answer.body.detail).toMatch(reason);
  expect((await gateway.call('GET', '/api/jobs')).body.items).toEqual([]);
});

async function openHeartbeat(env: Record<string, string> = {}) {
  const files = { text: '- Look at the disk. tokens=2', memoryHash: 'm', times: [] };
  const memory = createServer((_request, response) => response.end(JSON.stringify(files)));
  await new Promise<void>((resolve) => memory.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void memory.close());
  return openHarness({
    env: {
      ...env,
      MOBYCLAW_MEMORY_URL: `http://127.0.0.1:${(memory.address() as AddressInfo).port}`,
      MOBYCLAW_MEMORY_TOKEN: '0123456789abcdef',
    },
    agent: { script: () => [{ do: 'text', text: '**HEARTBEAT_OK**' }] },
  });
}

test('a beat that the budget does not allow leaves nothing in its conversation', async () => {
  const gateway = await openHeartbeat({ MOBYCLAW_BUDGET_DAY_TOKENS: '1' });
  await gateway.ask('hello');
  expect((await gateway.call('POST', '/api/heartbeat/run')).status).toBe(202);
  const beat = await until('the beat to end', async () => {
    const { body } = await gateway.call('GET', '/api/heartbeat?limit=1');
    return body.beats[0]?.state === 'ended' && body.beats[0];
  });
  expect(beat).toMatchObject({
    outcome: 'refused',
    why: 'you asked for it',
    detail: expect.stringContaining('mobyclaw usage lift'),
  });
  expect(beat).not.toHaveProperty('turn');
  const { body } = await gateway.call('GET', '/api/sessions/heartbeat:main/messages');
  expect(body.items ?? []).toEqual([]);
  expect(gateway.agent?.stats().runs).toHaveLength(1);
});

test('the heartbeat by hand: asked in its own conversation, silent, and the status says why', async () => {
  const gateway = await openHeartbeat();
  const before = await gateway.call('GET', '/api/heartbeat');
  expect(before.body).toMatchObject({
    state: 'on',
    intervalMs: 1_800_000,
    activeHours: '08:00-23:00',
    beats: [],
  });
  expect((await gateway.call('POST', '/api/heartbeat/run')).status).toBe(202);
  const beat = await until('the beat to end', async () => {
    const { body } = await gateway.call('GET', '/api/heartbeat?limit=1');
    return body.beats[0]?.state === 'ended' && body.beats[0];
  });
  expect(beat).toMatchObject({
    trigger: 'manual',
    outcome: 'quiet',
    detail: 'There was nothing to say.',
    why: 'you asked for it',
    usage: { inputTokens: expect.any(Number) },
  });
  expect((await gateway.call('GET', `/api/turns/${beat.turn}`)).body.session).toBe('heartbeat:main');
  const { body: status } = await gateway.call('GET', '/api/status');
  expect(status.heartbeat).toMatchObject({
    state: 'on',
    last: { outcome: 'quiet', why: 'you asked for it', usage: expect.any(Object) },
  });
  expect(status.schedules).toEqual({ active: 0, failed: 0 });
});

test('without a memory server there is no heartbeat, and it says how to get one', async () => {
  const gateway = await openHarness({ env: { MOBYCLAW_HEARTBEAT_INTERVAL: 'off' } });
  expect((await gateway.call('GET', '/api/heartbeat')).body).toMatchObject({ state: 'off' });
  const refused = await gateway.call('POST', '/api/heartbeat/run');
  expect(refused).toMatchObject({
    status: 409,
    body: { detail: expect.stringMatching(/MOBYCLAW_HEARTBEAT_INTERVAL/) },
  });
});

test('a schedule that is not made yet is looked at: its next five times, or what is wrong with it', async () => {
  const gateway = await openHarness();
  const look = (query: string) => gateway.call('GET', `/api/jobs/preview?${query}`);
  const zone = 'timeZone=Asia%2FTokyo';
  const { status, body } = await look(`cron=${encodeURIComponent('30 9 * * 1-5')}&${zone}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    timeZone: 'Asia/Tokyo',
    next: Array(5).fill(expect.stringMatching(/T00:30:00/)),
  });
  expect(body.nextLocal[0]).toContain('09:30');
  expect((await look('every=2h&count=2')).body.next).toHaveLength(2);
  expect((await look('at=20m')).body.next).toHaveLength(1);
  expect(await look('at=yesterday')).toMatchObject({ status: 422, body: { errors: [{ path: 'at' }] } });
  expect((await look('at=20m&every=1h')).status).toBe(422);
  expect((await look('')).body.detail).toContain('exactly one');
  expect((await look('every=2h&until=1m')).body.detail).toContain('never run');
  expect((await gateway.call('GET', '/api/jobs')).body.items).toEqual([]);
});

test('a page is told when schedules and their runs change', async () => {
  const gateway = await openHarness();
  const live = new LiveReader(gateway);
  await live.until(({ type }) => type === 'hello');
  const told = (): number =>
    live.events.filter((event) => event.type === 'changed' && event.topics.includes('jobs')).length;
  const { body } = await gateway.call('POST', '/api/jobs', {
    body: { name: 'pill', every: '1d', message: 'Take it.', channel: 'web:main' },
  });
  await until('word of it', () => told() > 0);
  for (const [method, path, change] of [
    ['PATCH', '', { enabled: false }],
    ['POST', '/run', undefined],
    ['DELETE', '', undefined],
  ] as const) {
    const before = told();
    await gateway.call(method, `/api/jobs/${body.id}${path}`, change && { body: change });
    await until(`word of ${method}`, () => told() > before);
  }
});
