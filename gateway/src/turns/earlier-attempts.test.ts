import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import { type FakeAgentOptions, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { createAgentClient } from '../agent/agent-client.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { recallEarlierAttempts } from './earlier-attempts.ts';
import { EventLog } from './event-log.ts';

const IDENTITY = { 'X-Moby-Turn': 'turn-1' };

async function setUp(options: FakeAgentOptions = {}) {
  const fake = await startFakeAgent(options);
  onTestFinished(() => fake.close());
  const clock = systemClock;
  const logged: string[] = [];
  const logger = createLogger('test', 'info', { write: (line) => void logged.push(line) });
  const agent = createAgentClient({ url: fake.url, clock, logger });
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const said = {
    id: 'turn-1',
    session: 'api:test',
    source: 'api',
    sender: 'owner',
    prompt: 'p',
    attachments: [],
  };
  store.sessions.touch('api:test', 0);
  store.turns.insert({ ...said, queueMode: null, createdAt: 0 });
  store.turns.start('turn-1', 'lease of a process that was killed', 0);
  const turn = store.turns.find('turn-1') as TurnRow;
  const agentSession = await agent.createSession('test');
  store.sessions.setAgentSession('api:test', agentSession);
  const recall = () => {
    const events = new EventLog({ store, clock, logger });
    const options = { store, events, agent, clock, logger };
    return recallEarlierAttempts(options, turn, new AbortController().signal).finally(() => events.flush());
  };
  return { fake, logged, agent, agentSession, store, turn, recall };
}

/** A run that ends inside its second tool, of which only the first has reached the event log. */
async function killedInSecondTool({ agent, agentSession, store, turn }: Awaited<ReturnType<typeof setUp>>) {
  const controller = new AbortController();
  const text = 'message: turn-1\n\ntool=search tool=note tool-ms=30';
  await agent.run(
    { sessionId: agentSession, text, identity: IDENTITY },
    (event) => {
      if (event.type !== 'tool') return;
      if (event.name === 'note' && event.phase === 'call') controller.abort();
      const { type, ...data } = event;
      if (event.name === 'search' && event.phase === 'start') {
        store.events.insert([{ turn: turn.seq, id: 2, type, data: JSON.stringify({ ...data, label: '' }) }]);
      }
    },
    controller.signal,
  );
}

test('a tool that only the agent knows of is recalled, also where the log already says that the session has an open tool call', async () => {
  const setup = await setUp();
  await killedInSecondTool(setup);
  const { tools, openToolCall } = await setup.recall();
  expect(tools.toSorted()).toEqual(['note', 'search']);
  expect(openToolCall).toBe(true);
});

test('what the agent told is still known when its session is gone', async () => {
  const setup = await setUp();
  await killedInSecondTool(setup);
  await setup.recall();
  await setup.agent.deleteSession(setup.agentSession);
  expect((await setup.recall()).tools.toSorted()).toEqual(['note', 'search']);
});

test('of a conversation that used tools before, only those of this turn are recalled', async () => {
  const setup = await setUp();
  const { agent, agentSession } = setup;
  const run = { sessionId: agentSession, text: 'message: turn-0\n\ntool=pay', identity: IDENTITY };
  await agent.run(run, () => undefined, new AbortController().signal);
  await killedInSecondTool(setup);
  expect((await setup.recall()).tools.toSorted()).toEqual(['note', 'search']);
});

test('what the agent alone knows of is told whether it ended or not', async () => {
  const setup = await setUp();
  const { agent, agentSession, store, turn } = setup;
  const run = {
    sessionId: agentSession,
    text: 'message: turn-1\n\ntool=search tool=note',
    identity: IDENTITY,
  };
  await agent.run(run, () => undefined, new AbortController().signal);
  expect(await setup.recall()).toEqual({ tools: ['search', 'note'], openToolCall: false });
  expect(store.events.ofType(turn.seq, 'tool')).toMatchObject([
    { name: 'search', phase: 'end', ok: true },
    { name: 'note', phase: 'end', ok: true },
  ]);
});

test('an agent that is away is waited for, and then asked', async () => {
  const folder = temporaryFolder(); // of the agent, whose sessions outlive it
  const setup = await setUp({ folder });
  await killedInSecondTool(setup);
  const port = Number(new URL(setup.fake.url).port);
  await setup.fake.close();
  const recalled = setup.recall();
  await until('a try that fails', () =>
    setup.logged.some((line) => line.includes('could not ask the agent')),
  );
  const back = await startFakeAgent({ port, folder });
  onTestFinished(() => back.close());
  const { tools, openToolCall } = await recalled;
  expect(tools.toSorted()).toEqual(['note', 'search']);
  expect(openToolCall).toBe(true);
});

test('an attempt that never reached the agent did nothing', async () => {
  const setup = await setUp();
  expect(await setup.recall()).toEqual({ tools: [], openToolCall: false });
});
