/** What no conversation uses any more is deleted at the agent, and nothing else is. */
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { type FakeAgent, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../agent/testing/client.ts';
import { Store } from '../store/store.ts';
import { type Harness, openHarness } from '../testing/harness.ts';
import { AgentSessionCleanup } from './agent-session-cleanup.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const reset = (moby: Harness, session = 'api:default', carry = true) =>
  moby.call('POST', `/api/sessions/${session}/reset`, { body: { carry } });

const only = (agent: FakeAgent | null, count: number) =>
  until(`${count} sessions at the agent`, () => agent?.sessions().length === count);

describe.each(['array', 'object'] as const)('an agent of generation %s', (generation) => {
  test('keeps no session that a conversation has left', async () => {
    const moby = await openHarness({ agent: { generation } });
    for (let round = 0; round < 3; round++) {
      await moby.ask(`message ${round}`);
      await reset(moby);
    }
    await only(moby.agent, 0);
    await moby.ask('again');
    await moby.ask('elsewhere', { session: 'api:other' });
    expect(moby.agent?.sessions()).toHaveLength(2);
  });

  test('keeps a session in which a turn runs, though its conversation has left it, and no longer', async () => {
    const moby = await openHarness({ agent: { generation } });
    await moby.ask('first', { session: 'api:other' });
    const { stream } = await moby.start('tool=slow tool-ms=300', { session: 'api:default' });
    await stream.until((event) => event.type === 'tool' && event.data.phase === 'call');
    await reset(moby);
    await reset(moby, 'api:other'); // is deleted meanwhile: the cleanup has been there
    await only(moby.agent, 1);
    expect((await stream.all()).at(-1)?.type).toBe('done');
    await only(moby.agent, 0);
  });
});

test('what could not be deleted, the agent being away, is remembered through a restart of the gateway', async () => {
  const folder = temporaryFolder(); // of the agent, whose sessions outlive it
  const agent = await startFakeAgent({ folder });
  const port = Number(new URL(agent.url).port);
  const moby = await openHarness({ agentUrl: agent.url });
  await moby.ask('hello');
  const left = agent.sessions()[0]?.id ?? '';
  await agent.close();
  await reset(moby);
  await moby.close();
  const back = await startFakeAgent({ port, folder });
  onTestFinished(() => back.close());
  expect(back.session(left)).toBeDefined();
  const again = await openHarness({ agentUrl: back.url, home: moby.home });
  await again.ask('hello again');
  await until('it to be deleted', () => back.session(left) === undefined);
  expect(back.sessions()).toHaveLength(1);
});

interface Swept {
  store: Store;
  agent: FakeAgent;
  clock: ManualClock;
  cleanup: AgentSessionCleanup;
  inUse: Set<string>;
  /** Makes a session at the agent, so old. */
  session(title: string, ageMs: number): Promise<string>;
  titles(): string[];
}

async function swept(): Promise<Swept> {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const client = connect(agent.url);
  const clock = new ManualClock();
  const inUse = new Set<string>();
  const cleanup = new AgentSessionCleanup({
    store,
    agent: client,
    inUse: () => inUse,
    clock,
    logger: silentLogger,
  });
  onTestFinished(() => cleanup.stop());
  return {
    store,
    agent,
    clock,
    cleanup,
    inUse,
    async session(title, ageMs) {
      const id = await client.createSession(title);
      const made = agent.session(id);
      if (made) made.created_at = new Date(clock.now() - ageMs).toISOString();
      return id;
    },
    titles: () =>
      agent
        .sessions()
        .map(({ title }) => title)
        .toSorted(),
  };
}

test('what was orphaned before is swept: nothing that is used, young, running, or another’s', async () => {
  const { store, cleanup, inUse, session, titles, clock } = await swept();
  const used = await session('api:used', 30 * DAY_MS);
  store.sessions.touch('api:used', clock.now());
  store.sessions.setAgentSession('api:used', used);
  await session('api:orphan', 30 * DAY_MS);
  await session('cron:daily', 2 * HOUR_MS);
  await session('api:just-made', 60_000);
  await session('Transferred task', 30 * DAY_MS); // a sub-agent's
  await cleanup.sweep();
  await cleanup.poke();
  expect(titles()).toEqual(['Transferred task', 'api:just-made', 'api:used']);
  expect(store.agentSessions.left()).toEqual([]);

  await session('api:late', 2 * HOUR_MS);
  await clock.advance(DAY_MS);
  await cleanup.sweep(); // a week has to pass
  await clock.advance(7 * DAY_MS);
  inUse.add('a running one');
  await cleanup.sweep(); // while nothing runs
  await cleanup.poke();
  expect(titles()).toContain('api:late');
  inUse.clear();
  await cleanup.sweep();
  await cleanup.poke();
  expect(titles()).toEqual(['Transferred task', 'api:used']);
});

test('it looks by itself a minute after the start and each hour, until it is stopped', async () => {
  const { store, cleanup, session, titles, clock } = await swept();
  await session('api:first', 30 * DAY_MS);
  cleanup.start();
  await clock.advance(59_999);
  expect(titles()).toEqual(['api:first']);
  await clock.advance(1);
  await until('the first look', () => titles().length === 0);
  store.agentSessions.leave(await session('api:later', 0));
  await until('the next look', async () => {
    await clock.advance(HOUR_MS);
    return titles().length === 0;
  });
  cleanup.stop();
  await until('the end of its pauses', () => clock.waiting === 0);
});

test('conversations of schedules that ended are left after some days, those of people are not', async () => {
  const { store, cleanup, session, titles, clock } = await swept();
  for (const key of ['cron:job-1abc', 'cron:weekly', 'telegram:dm:42']) {
    const used = key === 'cron:weekly' ? clock.now() - 7 * DAY_MS : clock.now() - 30 * DAY_MS;
    store.sessions.touch(key, used);
    store.sessions.setAgentSession(key, await session(key, 30 * DAY_MS));
  }
  await cleanup.sweep();
  await cleanup.poke();
  expect(titles()).toEqual(['cron:weekly', 'telegram:dm:42']);
});

test('a session that came back into use is not deleted, and a reset that failed leaves nothing', async () => {
  const { store, cleanup, session, titles, clock } = await swept();
  const id = await session('telegram:group:1', DAY_MS);
  store.sessions.touch('telegram:group:1', clock.now());
  store.sessions.setAgentSession('telegram:group:1', id);
  store.sessions.reset('telegram:group:1', 0);
  store.sessions.touch('telegram:group:2', clock.now()); // the same chat by another name
  store.sessions.setAgentSession('telegram:group:2', id);
  expect(() =>
    store.transaction('durable', () => {
      store.sessions.reset('telegram:group:2', 0);
      void cleanup.poke();
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  await cleanup.poke();
  expect(titles()).toEqual(['telegram:group:1']);
});
