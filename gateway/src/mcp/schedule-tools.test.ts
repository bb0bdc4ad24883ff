/** Schedules as the agent's tools, through the protocol's own client. */
import type { JobView } from '@mobyclaw/protocol/job';
import { connectMcp } from '@mobyclaw/testkit/mcp-client';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ActingAgent, AGENT_TOKEN } from '../testing/acting-agent.ts';
import { openHarness } from '../testing/harness.ts';

async function openTools(env: Record<string, string> = {}) {
  const agent = new ActingAgent();
  const moby = await openHarness({
    env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN, ...env },
    agent: { script: agent.script },
  });
  agent.port = moby.port;
  const client = await connectMcp(`http://127.0.0.1:${moby.port}`, AGENT_TOKEN);
  onTestFinished(() => client.close());
  let asked = 0;
  return {
    moby,
    client,
    async call(name: string, input: object) {
      const words = `please do number ${++asked}.`;
      const answer = agent.onMessage(words, name, input);
      await moby.ask(words, { session: 'web:main' });
      return answer;
    },
    jobs: async () => (await moby.call('GET', '/api/jobs')).body.items as JobView[],
  };
}

const DAILY = { name: 'brief', cron: '0 7 * * *', prompt: 'Sum up the news.', message: 'No news.' };

test('what a schedule has can be taken away again by name; a null is only something left out', async () => {
  const { call, jobs } = await openTools();
  await call('schedule_create', {
    ...DAILY,
    until: '2100-01-01T00:00',
    count: 3,
    maxAge: '1h',
    channel: 'web:main',
  });
  const { id = '' } = (await jobs())[0] ?? {};
  const kept = await call('schedule_update', { id, name: 'news', until: null, count: null, clear: [] });
  expect(kept).toMatchObject({ isError: false, text: expect.stringContaining('0 of 3 runs') });
  expect((await jobs())[0]).toMatchObject({ name: 'news', until: '2100-01-01T00:00:00.000Z', count: 3 });

  const cleared = await call('schedule_update', {
    id,
    clear: ['until', 'count', 'maxAge', 'channel', 'message'],
  });
  expect(cleared.isError).toBe(false);
  expect(cleared.text).not.toMatch(/until|of 3 runs|message/);
  const job = (await jobs())[0];
  for (const field of ['until', 'count', 'maxAge', 'channel', 'message'])
    expect(job).not.toHaveProperty(field);
  expect(job).toMatchObject({ prompt: DAILY.prompt, cron: DAILY.cron });
});

test('what cannot be cleared, or is given and cleared, is refused and changes nothing', async () => {
  const { call, jobs } = await openTools();
  await call('schedule_create', { name: 'x', cron: '0 7 * * *', prompt: 'p', count: 3 });
  const { id = '' } = (await jobs())[0] ?? {};
  const answers = await Promise.all([
    call('schedule_update', { id, clear: ['cron'] }),
    call('schedule_update', { id, count: 5, clear: ['count'] }),
    call('schedule_update', { id, clear: ['prompt'] }),
  ]);
  expect(answers.map(({ isError }) => isError)).toEqual([true, true, true]);
  expect(answers[1]?.text).toContain('count is given and cleared');
  expect(answers[2]?.text).toContain('Write a message');
  expect((await jobs())[0]).toMatchObject({ count: 3, prompt: 'p' });
});

test('the tool says what clear is for', async () => {
  const { client } = await openTools();
  const tool = (await client.listTools()).tools.find(({ name }) => name === 'schedule_update');
  expect(tool?.description).toContain('what is to be gone goes into clear');
  expect(tool?.inputSchema.required).toEqual(['id']);
  expect(tool?.inputSchema.properties?.clear).toMatchObject({
    items: { enum: ['message', 'prompt', 'channel', 'maxAge', 'until', 'count'] },
  });
});

test('the answer tells where it goes: to the chosen chat, else where it was asked; nowhere unknown', async () => {
  const plain = await openTools();
  expect((await plain.call('schedule_create', DAILY)).text).toContain('goes to: web:main');
  const stranger = await plain.call('schedule_create', { ...DAILY, channel: 'telegram:dm:666' });
  expect(stranger).toMatchObject({ isError: true, text: expect.stringContaining('channel_list') });
  const chosen = await openTools({ MOBYCLAW_OWNER_CHANNEL: 'cli:main' });
  expect((await chosen.call('schedule_create', DAILY)).text).toContain('goes to: cli:main');
});

test('the list ends with the next fifty and how many more there are, without what has finished', async () => {
  const { call } = await openTools();
  for (let index = 59; index >= 0; index--) {
    await call('schedule_create', {
      name: `n${index}`,
      at: `2100-01-01T00:${String(index).padStart(2, '0')}`,
      message: 'x',
    });
  }
  await call('schedule_create', { name: 'soon over', every: '1s', count: 1, message: 'x' });
  const list = async (): Promise<string> => (await call('schedule_list', {})).text;
  await until('the job to finish', async () => !(await list()).includes('soon over'));
  const text = await list();
  expect(text.match(/^"n/gm)).toHaveLength(50);
  expect(text).toMatch(/^"n0" /);
  expect(text).toMatch(/… and 10 more, later or without a next time\.$/);
});

test('times are told in the zone of the schedule, in answers and in refusals', async () => {
  const { call, jobs } = await openTools({ MOBYCLAW_TZ: 'Asia/Kolkata' });
  await call('schedule_create', {
    name: 'yearly',
    cron: '0 9 1 1 *',
    prompt: 'p',
    until: '2100-06-01T00:00',
  });
  const berlin = { at: '2100-07-01T09:00', timeZone: 'Europe/Berlin', message: 'm' };
  await call('schedule_create', { name: 'far', ...berlin });
  const listed = (await call('schedule_list', {})).text;
  expect(listed).toMatch(/^next: \d{4}-01-01T09:00:00\+05:30$/m);
  expect(listed).toContain('until: 2100-06-01T00:00:00+05:30');
  expect(listed).toContain('2100-07-01T09:00:00+02:00 in Europe/Berlin');
  expect(listed).not.toMatch(/\dZ/);
  const { id = '' } = (await jobs())[0] ?? {};
  const refused = await call('schedule_update', { id, at: '2020-01-01T09:00' });
  expect(refused.text).toMatch(/passed, on 2020-01-01; it is now [\d-]+T[\d:]+\+05:30 in Asia\/Kolkata/);
});

test('a schedule begins anew each time unless the model says otherwise', async () => {
  const { call, client, jobs } = await openTools();
  const session = async (input: object): Promise<string | undefined> => {
    await call('schedule_create', { name: 'x', prompt: 'p', ...input });
    return (await jobs()).toSorted((one, other) => one.id.localeCompare(other.id)).at(-1)?.session;
  };
  expect(await session({ cron: '0 7 * * *' })).toBe('fresh');
  expect(await session({ every: '1d' })).toBe('fresh');
  expect(await session({ at: '2100-01-01T00:00' })).toBe('fresh');
  expect(await session({ cron: '0 7 * * *', session: 'keep' })).toBe('keep');
  const { id = '' } = (await jobs()).find((job) => job.session === 'keep') ?? {};
  const changed = await call('schedule_update', { id, session: 'fresh' });
  expect(changed.text).toMatch(/^session: fresh$/m);
  const described = (await client.listTools()).tools.filter(({ inputSchema }) =>
    JSON.stringify(inputSchema.properties?.session ?? '').includes('begins anew'),
  );
  expect(described.map(({ name }) => name)).toEqual(['schedule_create', 'schedule_update']);
});

test('the record tells how long a run took, what it used and where it went', async () => {
  const { call, jobs, moby } = await openTools({ MOBYCLAW_TZ: 'Asia/Kolkata' });
  await call('schedule_create', { ...DAILY, channel: 'web:main' });
  const { id = '' } = (await jobs())[0] ?? {};
  await moby.call('POST', `/api/jobs/${id}/run`);
  const record = async (): Promise<string> => (await call('schedule_history', { id })).text;
  await until('the run to end', async () => (await record()).includes('delivery accepted'));
  expect(await record()).toMatch(
    /^[\d-]+T[\d:]+\+05:30 succeeded \(manual\); took \d+ s; \d+ tokens; delivery accepted web:main$/,
  );
});

test('what has finished cannot be paused; the refusal says what can be done', async () => {
  const { call, jobs } = await openTools();
  await call('schedule_create', { name: 'once', every: '1s', count: 1, message: 'x' });
  const { id = '' } = (await jobs())[0] ?? {};
  await until('it to finish', async () => (await jobs()).length === 0);
  const paused = await call('schedule_update', { id, enabled: false });
  expect(paused).toMatchObject({ isError: true, text: expect.stringContaining('nothing to pause') });
  const given = await call('schedule_update', {
    id,
    enabled: false,
    at: '2100-01-01T00:00',
    clear: ['count'],
  });
  expect(given.text).toContain('paused');
});
