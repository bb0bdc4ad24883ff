/** What nobody asked for, past the cap: it stops within one call, is told as what it is, and comes back by itself. */
import type { BeatView } from '@mobyclaw/protocol/heartbeat';
import type { JobView, RunView } from '@mobyclaw/protocol/job';
import { type FakePrompt, type Script, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checklistServer } from '../testing/checklist-server.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

vi.setConfig({ testTimeout: 300_000 }); // hours pass, each with all that is due in it

const CALL_TOKENS = 132; // what the fake agent reports for one call of its model
const AGENT_TOKEN = 'the-token-that-the-agent-shows';
const HOUR = 3_600_000;

interface World {
  moby: Harness;
  /** How often the agent was asked. */
  calls: () => number;
  /** Lets time pass until something is so. */
  passUntil: (what: string, stepMs: number, check: () => boolean | Promise<boolean>) => Promise<void>;
}

/** A gateway on 1 October 2026, 10:00 UTC, with a cap of so many calls a day. */
async function world(
  calls: number,
  script: (moby: () => Harness, clock: ManualClock, prompt: FakePrompt) => Script,
): Promise<World> {
  const clock = new ManualClock(Date.parse('2026-10-01T10:00:00Z'));
  let moby: Harness | null = null;
  const current = (): Harness => moby as Harness;
  const agent = await startFakeAgent({ script: (prompt: FakePrompt) => script(current, clock, prompt) });
  onTestFinished(() => agent.close());
  const env = {
    ...(await checklistServer('- every 1h: look at the disk.')),
    MOBYCLAW_MCP_TOKEN: AGENT_TOKEN,
    MOBYCLAW_HEARTBEAT_INTERVAL: '1h',
    MOBYCLAW_BUDGET_DAY_TOKENS: String(calls * CALL_TOKENS),
    MOBYCLAW_OWNER_CHANNEL: 'web:main',
  };
  const opened = await openHarness({ env, clock, agentUrl: agent.url });
  moby = opened;
  return {
    moby: opened,
    calls: () => agent.stats().runs.length,
    passUntil: async (what, stepMs, check) => {
      const pass = async (): Promise<boolean> => {
        await clock.advance(stepMs);
        return check();
      };
      await until(what, pass, 120_000);
    },
  };
}

const spentTokens = async (moby: Harness): Promise<number> =>
  (await moby.call('GET', '/api/usage')).body.budget.day.spentTokens;

const jobs = async (moby: Harness): Promise<JobView[]> =>
  (await moby.call('GET', '/api/jobs?all=true')).body.items;

const runs = async (moby: Harness, job: string): Promise<RunView[]> =>
  (await moby.call('GET', `/api/jobs/${job}/runs`)).body.items;

test('a model whose every turn schedules the next one stops at the cap, within one call', async () => {
  const { moby, passUntil } = await world(10, function* (current, clock, { headers }) {
    const scheduleNext = async (): Promise<string> => {
      const client = await connectMcp(`http://127.0.0.1:${current().port}`, AGENT_TOKEN, undefined, headers);
      const at = new Date(clock.now() + 1000).toISOString();
      const { text } = await callMcp(client, 'schedule_create', { name: 'again', at, prompt: 'go on' });
      await client.close();
      return text;
    };
    yield { do: 'tools', calls: [{ name: 'schedule_create', act: scheduleNext }] };
    yield { do: 'text', text: 'I go on.' };
  });
  const begin = moby.call('POST', '/prompt', { body: { prompt: 'begin' } });
  const isRefused = async (): Promise<boolean> =>
    (await jobs(moby)).some(({ lastRun }) => lastRun?.outcome === 'refused');
  await passUntil('the runaway to be refused', 500, isRefused);
  expect((await begin).status).toBe(200);

  const spent = await spentTokens(moby);
  expect(spent).toBeGreaterThanOrEqual(0.9 * 10 * CALL_TOKENS); // from there on what nobody asked for is refused
  expect(spent).toBeLessThanOrEqual((10 + 1) * CALL_TOKENS);
  const made = await jobs(moby);
  let hours = 0;
  await passUntil('three more hours', HOUR / 4, () => ++hours > 12);
  expect(await spentTokens(moby)).toBe(spent);
  expect(await jobs(moby)).toHaveLength(made.length);
  const last = (await jobs(moby)).find(({ lastRun }) => lastRun?.outcome === 'refused');
  expect(last).toMatchObject({
    failures: 0,
    lastRun: { detail: expect.stringContaining('tokens for today are spent') },
  });
  const told = (await moby.call('GET', '/api/sessions/web:main/messages')).body.items as { text: string }[];
  expect(told.filter(({ text }) => text.includes(`mobyclaw cron run ${last?.id}`))).toHaveLength(1);
});

test('refused schedules and heartbeats are no failures: the owner is told once, and they come back by themselves', async () => {
  const { moby, calls, passUntil } = await world(2, () => [{ do: 'text', text: 'HEARTBEAT_OK' }]);
  const made = await moby.call('POST', '/api/jobs', {
    body: { name: 'hourly', cron: '30 * * * *', prompt: 'look' },
  });
  const { id } = made.body as JobView;
  expect((await moby.ask('one')).status).toBe(200);
  expect((await moby.ask('two')).status).toBe(200);
  const before = calls();

  /** One run more, at the next half hour. */
  const nextRun = async (): Promise<RunView> => {
    const known = (await runs(moby, id)).length;
    await passUntil('the next run', HOUR / 4, async () => (await runs(moby, id)).length > known);
    await passUntil('its end', 50, async () => (await runs(moby, id))[0]?.state === 'ended');
    return (await runs(moby, id))[0] as RunView;
  };
  for (let index = 0; index < 11; index++) expect((await nextRun()).outcome).toBe('refused');
  expect(calls()).toBe(before);
  const [job] = await jobs(moby);
  expect(job).toMatchObject({ enabled: true, state: 'active', failures: 0 });
  expect(job?.lastRun?.detail).toContain('mobyclaw usage lift');
  const { heartbeat } = (await moby.call('GET', '/api/status')).body;
  expect(heartbeat).toMatchObject({ failures: 0, last: { outcome: 'refused' } });
  expect(heartbeat.last.detail).toContain('tokens for today are spent');
  const told = (await moby.call('GET', '/api/sessions/web:main/messages')).body.items as { text: string }[];
  expect(told.filter(({ text }) => text.startsWith('Budget:'))).toHaveLength(1);

  let last = await nextRun();
  while (last.slot < '2026-10-02') last = await nextRun();
  expect(last.outcome).toBe('succeeded');
  await passUntil('a quiet beat of the new day', 50, async () => {
    const beats = (await moby.call('GET', '/api/heartbeat')).body.beats as BeatView[];
    return beats.some(({ outcome, slot }) => outcome === 'quiet' && slot.startsWith('2026-10-02'));
  });

  while ((await moby.ask('and one more')).status === 200); // until the new day's calls are spent too
  expect((await nextRun()).outcome).toBe('refused');
  await moby.call('POST', '/api/usage/lift');
  expect((await nextRun()).outcome).toBe('succeeded');
});
