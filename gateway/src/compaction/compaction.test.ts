/** Conversations that outgrow the model: nothing that was said is lost, and nobody notices but by a line. */
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { factQuestion, factSentence, isUpkeep } from '@mobyclaw/testkit/remembering-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, test, vi } from 'vitest';
import { type RememberingWorld, rememberingWorld } from '../testing/remembering-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

const LONG = 'We talked about trees and ships and the weather at sea. '.repeat(12); // some 190 tokens

/** Talks until the conversation has been made shorter so often. */
async function talk(world: RememberingWorld, turns: number, from = 0): Promise<void> {
  for (let turn = from; turn < from + turns; turn++) {
    const { body } = await world.moby.ask(`${turn}: ${LONG}`);
    expect(body.text).toContain('taken note');
  }
}

test('at 70 % what should last is written down and a summary takes the place of the rest', async () => {
  const world = await rememberingWorld();
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await talk(world, 20);
  await world.settled();
  const [compaction] = world.rows('SELECT * FROM compactions ORDER BY id');
  expect(compaction).toMatchObject({
    why: 'full',
    state: 'done',
    flush: 'written',
    written: 1,
    reason: null,
  });
  expect(world.memory()).toContain('The code of the red boat is K7-4431.');
  expect(world.rows('SELECT text FROM summaries')[0]?.text).toContain('K7-4431');
  await talk(world, 20, 20);
  const { body } = await world.moby.ask(factQuestion('red boat'));
  expect(body.text).toBe('It is K7-4431.');
  const { refused, runs } = world.moby.agent?.stats() ?? { refused: -1, runs: [] };
  expect(refused).toBe(0);
  const history = (await world.moby.call('GET', '/api/sessions/api:default/messages?limit=500')).body.items;
  expect(history.filter(({ text }: { text: string }) => text.includes('upkeep'))).toEqual([]);
  expect(history.filter(({ role }: { role: string }) => role === 'user')).toHaveLength(42);
  expect(runs.some(({ prompt }) => prompt.includes('note: upkeep'))).toBe(true);
  const usage = (await world.moby.call('GET', '/api/usage')).body;
  expect(usage.bySource.map(({ name }: { name: string }) => name)).toContain('upkeep');
});

/** A conversation of three exchanges that do not all fit among the last ones. */
async function three(world: RememberingWorld): Promise<void> {
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await talk(world, 8);
}

const last = (world: RememberingWorld) => world.rows('SELECT * FROM compactions ORDER BY id DESC')[0];

const prompts = (world: RememberingWorld): string[] =>
  (world.moby.agent?.stats().runs ?? []).map(({ prompt }) => prompt);

async function asksAndKnows(world: RememberingWorld): Promise<void> {
  const { body } = await world.moby.ask(factQuestion('red boat'));
  expect(body.text).toBe('It is K7-4431.');
}

test('/compact with what matters: in the flush and in the summary', async () => {
  const world = await rememberingWorld();
  await three(world);
  const { body } = await world.moby.call('POST', '/api/sessions/api:default/command', {
    body: { text: '/compact the boats' },
  });
  expect(body.text).toContain('I am making our conversation shorter');
  await world.settled();
  expect(last(world)).toMatchObject({ why: 'asked', state: 'done', flush: 'written', wish: 'the boats' });
  expect(prompts(world).filter((prompt) => prompt.includes('> the boats')).length).toBeGreaterThan(1);
  await asksAndKnows(world);
});

test('/new: what leaves is written down on the agent session that is left, and no summary of it comes along', async () => {
  const world = await rememberingWorld();
  await three(world);
  await world.moby.call('POST', '/api/sessions/api:default/reset', { body: {} });
  await world.settled();
  expect(last(world)).toMatchObject({ why: 'new', state: 'done', flush: 'written', summarises: 0 });
  expect(world.rows('SELECT * FROM summaries')).toEqual([]);
  expect(world.memory()).toContain('K7-4431');
});

test('/new clean: all of it is written down', async () => {
  const world = await rememberingWorld();
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await world.moby.call('POST', '/api/sessions/api:default/reset', { body: { carry: false } });
  await world.settled();
  expect(last(world)).toMatchObject({ why: 'new', state: 'done', flush: 'written' });
  await world.moby.ask('hello');
  expect(prompts(world).at(-1)).not.toContain('so far');
});

test('an idle reset: nobody waits, and the summary is told to the next turn', async () => {
  const clock = new ManualClock(Date.now());
  const world = await rememberingWorld({ clock, env: { MOBYCLAW_RESET_IDLE: '1h' } });
  await three(world);
  await clock.advance(2 * 3_600_000);
  await world.moby.ask('good morning');
  await world.settled(clock);
  expect(last(world)).toMatchObject({ why: 'idle', state: 'done', flush: 'written', summarises: 1 });
  await world.moby.ask('and now?');
  expect(prompts(world).at(-1)).toContain('a summary of what was said before');
  await asksAndKnows(world);
});

test('an overflow in mid-turn: the question is answered, from a summary, and the exchanges are read from the history', async () => {
  let refuses = true;
  const world = await rememberingWorld({
    before: ({ text }) => {
      if (!refuses || !text.includes('the red boat?')) return undefined;
      refuses = false;
      const said = '{"error":{"message":"too long","code":"context_length_exceeded"}}';
      return [{ do: 'fail', error: `all models failed: POST "http://x/v1": 400 Bad Request ${said}` }];
    },
  });
  await three(world);
  await asksAndKnows(world);
  await world.settled();
  expect(last(world)).toMatchObject({
    why: 'overflow',
    state: 'done',
    flush: 'written',
    agent_session: null,
  });
  expect(world.memory()).toContain('K7-4431');
});

test('the engine that would summarise the question with the rest: it is asked again beside a summary', async () => {
  let compacts = true;
  const world = await rememberingWorld({
    before: ({ text, session }) => {
      if (!compacts || !text.includes('the red boat?')) return undefined;
      compacts = false;
      const started = { type: 'session_compaction', status: 'started', session_id: session };
      return [
        { do: 'event', event: started },
        { do: 'text', text: 'Something else.' },
      ];
    },
  });
  await three(world);
  await asksAndKnows(world);
  await world.settled();
  expect(last(world)).toMatchObject({ why: 'overflow', state: 'done', flush: 'written' });
});

test('an agent session that is gone: nothing of it is', async () => {
  const world = await rememberingWorld();
  await three(world);
  const { agent } = world.moby;
  const [session] = world.rows('SELECT agent_session AS id FROM sessions');
  await fetch(`${agent?.url}/api/sessions/${session?.id}`, { method: 'DELETE' });
  await asksAndKnows(world);
  await world.settled();
  expect(last(world)).toMatchObject({ why: 'gone', state: 'done', flush: 'written' });
});

test('a prompt that would not fit any more begins a new agent session before it is sent', async () => {
  const world = await rememberingWorld({ env: { MOBYCLAW_COMPACT_AT: '90' } });
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await talk(world, 14);
  const { body } = await world.moby.ask(`${'x '.repeat(4500)} ${factQuestion('red boat')}`);
  expect(body.text).toBe('It is K7-4431.');
  expect(world.moby.agent?.stats().refused).toBe(0);
});

test('a flush that fails is recorded with its reason, waits, and is made good; the conversation goes on meanwhile', async () => {
  const clock = new ManualClock(Date.now());
  let away = true;
  const world = await rememberingWorld({
    clock,
    before: ({ text }) => {
      if (!away || !isUpkeep(text)) return undefined;
      return [
        {
          do: 'fail',
          error: 'all models failed: POST "http://x/v1": 503 Service Unavailable {"message":"away"}',
        },
      ];
    },
  });
  await three(world);
  await world.moby.call('POST', '/api/sessions/api:default/reset', { body: { carry: false } });
  await until('the flush has failed', () => last(world)?.state === 'failed');
  expect(last(world)).toMatchObject({ flush: 'failed', tries: 1, ended_at: null });
  expect(last(world)?.reason).toContain('overloaded');
  const shown = async () => (await world.moby.call('GET', '/api/status')).body.compactions;
  expect(await shown()).toMatchObject({
    failed: 1,
    session: 'api:default',
    reason: expect.stringContaining('overloaded'),
    nextAt: expect.any(String),
  });
  await world.moby.ask('hello');
  away = false;
  await clock.advance(60_000);
  await world.settled(clock);
  expect(last(world)).toMatchObject({ state: 'done', flush: 'written', reason: null });
  expect(world.memory()).toContain('K7-4431');
  expect(await shown()).toBeUndefined();
});

test('a flush uses the memory alone: whatever else its model calls is refused', async () => {
  const refusals: string[] = [];
  const world = await rememberingWorld({
    before: ({ text, capability }) => {
      if (!isUpkeep(text) || refusals.length > 0) return undefined;
      const call = async (tool: string): Promise<string> => {
        const answer = await world.act(capability, tool, tool === 'now' ? {} : { query: 'boat' });
        refusals.push(answer.text);
        return answer.text;
      };
      const calls = ['shell', 'now', 'history_search'].map((name) => ({ name, act: () => call(name) }));
      return [
        { do: 'tools', calls },
        { do: 'text', text: 'NOTHING' },
      ];
    },
  });
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  const [session] = world.rows('SELECT agent_session AS id FROM sessions');
  await world.moby.call('POST', '/api/sessions/api:default/command', { body: { text: '/compact' } });
  await world.settled();
  // By permissions of the agent session, so that none of them ran.
  expect(refusals).toEqual([]);
  const stored = world.moby.agent?.stats().executions ?? [];
  expect(stored.filter(({ tool }) => tool === 'shell')).toEqual([]);
  expect(session?.id).toBeTruthy();
});

test('what an engine without permissions lets through, the capability of a flush refuses at our servers', async () => {
  const answers: { text: string; isError: boolean }[] = [];
  const world = await rememberingWorld({
    agent: { permissions: false },
    before: ({ text, capability }) => {
      if (!isUpkeep(text) || answers.length > 0) return undefined;
      const act = async (): Promise<string> => {
        answers.push(await world.act(capability, 'history_search', { query: 'boat' }));
        return 'asked';
      };
      return [
        { do: 'tools', calls: [{ name: 'history_search', act }] },
        { do: 'text', text: 'NOTHING' },
      ];
    },
  });
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await world.moby.call('POST', '/api/sessions/api:default/command', { body: { text: '/compact' } });
  await world.settled();
  expect(answers).toEqual([{ text: expect.stringContaining('the memory tools alone'), isError: true }]);
});

test('a message that comes while what should last is written down waits, and is answered after', async () => {
  const gate = Promise.withResolvers<void>();
  let gates = 0;
  const world = await rememberingWorld({
    before: ({ text }) =>
      isUpkeep(text) && gates++ === 0
        ? [
            { do: 'tools', calls: [{ name: 'memory_list', act: () => gate.promise.then(() => 'none') }] },
            { do: 'text', text: 'NOTHING' },
          ]
        : undefined,
  });
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await world.moby.call('POST', '/api/sessions/api:default/command', { body: { text: '/compact' } });
  await until('the flush', () => prompts(world).some((prompt) => prompt.includes('leave your sight')));
  const { stream } = await world.moby.start('hello');
  const view = (await world.moby.call('GET', '/api/sessions/api:default')).body;
  expect(view).toMatchObject({ state: 'queued', queued: 1 });
  gate.resolve();
  expect((await stream.until(({ type }) => type === 'done')).type).toBe('done');
});

test('a pause does not wait for a flush, which is begun again afterwards', async () => {
  let flushes = 0;
  const world = await rememberingWorld({
    before: ({ text }) => (isUpkeep(text) && flushes++ === 0 ? [{ do: 'silence' }] : undefined),
  });
  await three(world);
  await world.moby.call('POST', '/api/sessions/api:default/command', { body: { text: '/compact' } });
  await until('the flush', () => flushes === 1);
  await world.moby.call('POST', '/api/pause', { body: { seconds: 30 } });
  await until('the flush is cut', () => (world.moby.agent?.stats().disconnects ?? 0) > 0);
  await world.moby.call('DELETE', '/api/pause');
  await world.settled();
  expect(last(world)).toMatchObject({ state: 'done', flush: 'written' });
});
