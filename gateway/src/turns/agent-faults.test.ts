import { type Script, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openHarness, shownText } from '../testing/harness.ts';

const SEND_MONEY = { id: 'call_1', type: 'function', function: { name: 'send_money' } };

describe.each(['array', 'object'] as const)('an agent that speaks the %s form', (generation) => {
  test('a provider that starts over in silence: the answer is shown once', async () => {
    const moby = await openHarness({ agent: { generation } });
    const { stream } = await moby.start('tokens=12 silent-retry=6');
    const events = await stream.all();
    const done = events.at(-1);
    expect(done?.type === 'done' && done.data.text).toMatch(/^You said:/);
    expect(events.some(({ type }) => type === 'replace')).toBe(true);
    expect(shownText(events)).toBe(done?.type === 'done' ? done.data.text : null);
  });

  test('a provider that breaks in mid-answer is asked once to go on from there', async () => {
    const moby = await openHarness({ agent: { generation } });
    const { stream } = await moby.start('tokens=12 cut=5 times=1');
    const events = await stream.all();
    expect(events.at(-1)?.type).toBe('done');
    const { runs } = moby.agent?.stats() ?? { runs: [] };
    expect(runs).toHaveLength(2);
    expect(runs[1]?.prompt).toContain('Go on exactly where it stopped');
    const done = events.at(-1);
    expect(shownText(events)).toBe(done?.type === 'done' ? done.data.text : null);
    expect(shownText(events)).toContain('You said');
  });

  test('an agent that cannot be talked to is waited for', async () => {
    const free = await startFakeAgent({ generation });
    await free.close();
    const moby = await openHarness({ agentUrl: free.url });
    const { stream } = await moby.start('hello');
    await stream.until(({ type }) => type === 'started');
    const agent = await startFakeAgent({ generation, port: Number(new URL(free.url).port) });
    onTestFinished(() => agent.close());
    const events = await stream.all();
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { text: expect.stringContaining('hello') } });
    expect(agent.stats().runs).toHaveLength(1);
  });

  test('tools that were called are paired with their results, also several at once', async () => {
    const moby = await openHarness({ agent: { generation } });
    const { stream } = await moby.start('tool=one,two tool=three');
    const tools = (await stream.all()).flatMap((event) => (event.type === 'tool' ? [event.data] : []));
    const ended = tools.filter(({ phase }) => phase === 'end').map(({ name }) => name);
    expect(ended.toSorted()).toEqual(['one', 'three', 'two']);
    expect(new Set(tools.map(({ id }) => id)).size).toBe(3);
  });
});

test('an agent that dies in plain text: the prompt runs again on the same session, and is answered once', async () => {
  const home = await startFakeAgent();
  onTestFinished(() => home.close());
  const port = Number(new URL(home.url).port);
  const moby = await openHarness({ agentUrl: home.url });
  const { stream } = await moby.start('tokens=50 interval=5ms');
  await stream.until(({ type }) => type === 'token');
  const sessions = home.sessions().map(({ id }) => id);
  await home.close();
  const agent = await startFakeAgent({ port });
  onTestFinished(() => agent.close());
  const events = await stream.all();
  expect(events.at(-1)).toMatchObject({ type: 'done' });
  expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ data: { text: shownText(events) } });
  expect(sessions).toHaveLength(1);
  const view = await moby.call('GET', `/api/turns/${(events[0] as { data: { turn: string } }).data.turn}`);
  expect(view.body.attempt).toBe(2);
});

test('an agent that dies inside a tool: a new session, and a note that names the tool', async () => {
  const first = await startFakeAgent();
  onTestFinished(() => first.close());
  const port = Number(new URL(first.url).port);
  const moby = await openHarness({ agentUrl: first.url });
  const { stream } = await moby.start('tool=send_money tool-ms=60000');
  await until('the tool to run', () => first.stats().executions.length === 1);
  await stream.until((event) => event.type === 'tool' && event.data.phase === 'call');
  await first.close();
  const second = await startFakeAgent({ port });
  onTestFinished(() => second.close());
  const events = await stream.all();
  expect(events.at(-1)?.type).toBe('done');
  expect(second.stats().executions).toEqual([]);
  expect(second.stats().runs[0]?.prompt).toContain('may already have run: send_money');
});

test.each(['in mid-answer', 'inside a tool'])(
  'an agent that is stopped in good order %s: asked again, never a whole answer',
  async (where) => {
    let runs = 0;
    const stopped = (session: string): Script => [
      ...(where === 'in mid-answer'
        ? [{ do: 'text' as const, text: 'Line 3 of a' }]
        : [{ do: 'event' as const, event: { type: 'tool_call', tool_call: SEND_MONEY } }]),
      { do: 'event', event: { type: 'stream_stopped', session_id: session } },
      { do: 'hang-up', how: 'eof' },
    ];
    const moby = await openHarness({
      agent: {
        script: ({ session }) => {
          runs += 1;
          return runs === 1 ? stopped(session) : [{ do: 'text', text: 'All five lines.' }];
        },
      },
    });
    const { turn, stream } = await moby.start('count', { session: 'cli:stopped' });
    const events = await stream.all();
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { text: 'All five lines.' } });
    expect(shownText(events)).toBe('All five lines.');
    const { body } = await moby.call('GET', '/api/sessions/cli%3Astopped/messages');
    expect(body.items.at(-1)).toMatchObject({ turn, role: 'assistant', text: 'All five lines.' });
    const again = moby.agent?.stats().runs[1]?.prompt;
    if (where === 'inside a tool') expect(again).toContain('may already have run: send_money');
  },
);

test('an old agent that summarises the question away is asked again, on a session that is told the conversation', async () => {
  let runs = 0;
  const moby = await openHarness({
    agent: {
      generation: 'array',
      script: ({ session }) => {
        runs += 1;
        if (runs === 1) return [{ do: 'text', text: 'Nice to meet you.' }];
        if (runs > 2) return [{ do: 'text', text: 'It is 42.' }];
        return [
          { do: 'event', event: { type: 'session_compaction', session_id: session, status: 'started' } },
          { do: 'event', event: { type: 'session_compaction', session_id: session, status: 'completed' } },
          { do: 'text', text: 'I see a summary. What can I do?' },
        ];
      },
    },
  });
  await moby.ask('My name is Alice');
  const { stream } = await moby.start('What is six times seven?');
  const events = await stream.all();
  expect(events.at(-1)).toMatchObject({ type: 'done', data: { text: 'It is 42.' } });
  expect(shownText(events)).toBe('It is 42.');
  const asked = moby.agent?.stats().runs.at(-1)?.prompt;
  expect(asked).toContain('six times seven');
  expect(asked).toContain('My name is Alice');
});

test('three attempts, then the person is told', async () => {
  const moby = await openHarness({ agent: { onDie: () => undefined } });
  const answer = await moby.ask('eof=2');
  expect(answer.status).toBe(502);
  expect(answer.body).toMatchObject({ type: '/problems/agent-error', code: 'attempts_exhausted' });
  expect(moby.agent?.stats().runs).toHaveLength(3);
});

test('what the last of three attempts said is kept, and marked incomplete', async () => {
  const moby = await openHarness({ agent: { onDie: () => undefined } });
  const { turn, stream } = await moby.start('eof=5 tokens=20', { session: 'cli:cut' });
  const end = (await stream.all()).at(-1);
  const partial = end?.type === 'error' ? end.data.partial : undefined;
  expect(partial).toMatch(/^You said: eof=5/);
  const { body } = await moby.call('GET', '/api/sessions/cli%3Acut/messages');
  expect(body.items.at(-1)).toMatchObject({ turn, role: 'assistant', text: partial, incomplete: true });
});

test('an agent that forgot its session gets a new one that is told the conversation', async () => {
  const first = await startFakeAgent();
  onTestFinished(() => first.close());
  const port = Number(new URL(first.url).port);
  const moby = await openHarness({ agentUrl: first.url });
  await moby.ask('remember Wuthering');
  await first.close();
  const second = await startFakeAgent({ port });
  onTestFinished(() => second.close());
  const answer = await moby.ask('and now');
  expect(answer.status).toBe(200);
  expect(second.stats().runs.at(-1)?.prompt).toContain('Wuthering');
});

test.each([
  ['401', 'auth', false],
  ['404', 'model_not_found', false],
])('a provider that answers %s fails the turn at once, with what to do', async (status, code, retryable) => {
  const moby = await openHarness();
  const { stream } = await moby.start(`error=${status}`);
  const end = (await stream.all()).at(-1);
  expect(end).toMatchObject({
    type: 'error',
    data: { code, retryable, message: expect.stringMatching(/.{20,}/) },
  });
  expect(moby.agent?.stats().runs).toHaveLength(1);
  expect((await moby.ask('still there?')).status).toBe(200);
});

test('a broken soul.yaml is named, without colours', async () => {
  const moby = await openHarness({ agent: { broken: '\u001b[91m[4:1] unknown field "modl"\u001b[0m' } });
  const answer = await moby.ask('hello');
  expect(answer.status).toBe(422);
  expect(answer.body.detail).toContain('unknown field "modl"');
  expect(answer.body.detail).not.toContain('\u001b');
});

test('an empty answer is said to be one', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('empty');
  const events = await stream.all();
  expect(events.at(-1)).toMatchObject({ type: 'done', data: { text: '' } });
  expect(events.find(({ type }) => type === 'notice')?.data).toMatchObject({
    text: expect.stringContaining('empty'),
  });
});

test('a model that says nothing for too long, with an agent that lives, is given up', async () => {
  const moby = await openHarness({ limits: { silenceMs: 150, aliveCheckMs: 50 } });
  const answer = await moby.ask('silence=1');
  expect(answer.status).toBe(502);
  expect(['stalled', 'attempts_exhausted']).toContain(answer.body.code);
  expect((await moby.ask('hello')).status).toBe(200);
});
