/** The client against an agent of either generation, over real sockets. */
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, it } from 'vitest';
import { AgentError } from './agent-error.ts';
import { ask, connect, failure, pair, phases, streamed } from './testing/client.ts';
import type { Decide, Wanted } from './wanted.ts';

describe.each(['array', 'object'] as const)('generation %s', (generation) => {
  it('is found out by itself, without a trace in the agent', async () => {
    const { agent, client } = await pair({ generation });
    expect(client.generation).toBe('unknown');
    const id = await client.createSession('api:default');
    const { outcome, events } = await ask(client, id, 'hello');
    expect(client.generation).toBe(`messages-${generation}`);
    expect(outcome).toEqual({ kind: 'completed', text: 'You said: hello', replaced: false, empty: false });
    expect(streamed(events)).toBe('You said: hello');
    expect(agent.sessions()).toHaveLength(1);
    expect(agent.stats().runs).toHaveLength(1);
  });

  it('gets its title and never approved tools', async () => {
    const { agent, client } = await pair({ generation });
    const id = await client.createSession('telegram:dm:42');
    expect(agent.session(id)).toMatchObject({ title: 'telegram:dm:42', tools_approved: false });
    expect((await client.storedSession(id))?.title).toBe('telegram:dm:42');
    await client.deleteSession(id);
    await client.deleteSession(id);
    expect(await client.storedSession(id)).toBeNull();
  });

  it('shows tools from announcement to result, in order or side by side', async () => {
    const { client } = await pair({ generation });
    const id = await client.createSession('t');
    const { outcome, events } = await ask(
      client,
      id,
      'tool=memory_append,memory_read tool=shell tool-ms=5 hi',
    );
    const story = phases(events);
    expect(story.filter((step) => step.startsWith('memory_read'))).toEqual([
      'memory_read start',
      'memory_read call',
      'memory_read end',
    ]);
    expect(story).toHaveLength(9);
    const call = events.find((event) => event.type === 'tool' && event.phase === 'call');
    expect(call).toMatchObject({ args: { text: expect.stringContaining('tool=shell') } });
    const end = events.find((event) => event.type === 'tool' && event.phase === 'end');
    expect(end).toMatchObject({ name: 'memory_append', ok: true, summary: 'memory_append done' });
    expect(outcome).toMatchObject({ kind: 'completed', replaced: false });
  });

  it('tells usage once per model call, cached tokens counted, no price where none is known', async () => {
    const { client } = await pair({ generation });
    const id = await client.createSession('t');
    const { events } = await ask(client, id, 'tool=shell hi');
    const usage = events.filter((event) => event.type === 'usage');
    expect(usage).toHaveLength(2);
    expect(usage[0]).toEqual({
      type: 'usage',
      inputTokens: 120,
      outputTokens: 12,
      cachedTokens: 40,
      model: 'fake/fake-1',
    });
  });

  it('hands on who asks, percent-encoded, and pictures', async () => {
    const { agent, client } = await pair({ generation });
    const id = await client.createSession('t');
    const identity = { 'X-Moby-Turn': 't-1', 'X-Moby-Sender': 'Zoë\r\nEvil: yes' };
    await ask(client, id, 'look at this', { identity, images: ['data:image/png;base64,AAAA'] });
    const [run] = agent.stats().runs;
    expect(run).toMatchObject({ turn: 't-1', prompt: 'look at this' });
    expect(decodeURIComponent(run?.headers['x-moby-sender'] ?? '')).toBe('Zoë\r\nEvil: yes');
  });

  it('is stopped by the signal; cut in plain text the session stays sound', async () => {
    const { agent, client } = await pair({ generation });
    const id = await client.createSession('t');
    const { outcome } = await ask(client, id, 'tokens=5000 interval=1ms', {
      stopWhen: ({ type }) => type === 'text',
    });
    expect(outcome).toMatchObject({
      kind: 'stopped',
      openToolCall: false,
      partial: 'You ',
      toolsStarted: [],
    });
    await until('the cancel', () => agent.stats().disconnects === 1);
    expect((await ask(client, id, 'again')).outcome).toMatchObject({
      kind: 'completed',
      text: 'You said: again',
    });
  });

  it('has an open tool call after a stop inside a tool, which the old generation never gets over', async () => {
    const { client, agent } = await pair({ generation });
    const id = await client.createSession('t');
    const { outcome } = await ask(client, id, 'tool=memory_append tool-ms=60000', {
      stopWhen: (event) => event.type === 'tool' && event.phase === 'call',
    });
    expect(outcome).toMatchObject({ kind: 'stopped', openToolCall: true, toolsStarted: ['memory_append'] });
    await until('the cancel', () => agent.stats().running === 0);
    const next = (await ask(client, id, 'still there?')).outcome;
    if (generation === 'array') {
      expect(failure(next)).toMatchObject({ code: 'broken_session', remedy: 'new-session', status: 400 });
    } else expect(next).toMatchObject({ kind: 'completed', text: 'You said: still there?' });
  });

  it('dies in mid-answer: the text so far is kept, the agent is waited for', async () => {
    const { client } = await pair({ generation });
    const id = await client.createSession('t');
    const { outcome } = await ask(client, id, 'one two three die=4');
    expect(failure(outcome)).toMatchObject({ code: 'agent_died', remedy: 'agent-back', retryable: true });
    expect(outcome).toMatchObject({ openToolCall: false, partial: 'You said: one two ', toolsStarted: [] });
  });

  it('ends without its end: the same', async () => {
    const { client } = await pair({ generation });
    const { outcome } = await ask(client, await client.createSession('t'), 'one two three eof=3');
    expect(failure(outcome).code).toBe('agent_died');
  });

  it('answers once although the provider broke and the text started over', async () => {
    const { client } = await pair({ generation });
    const { outcome, events } = await ask(client, await client.createSession('t'), 'a b c silent-retry=3');
    expect(streamed(events)).toBe('You said: a You said: a b c silent-retry=3');
    expect(outcome).toMatchObject({
      kind: 'completed',
      text: 'You said: a b c silent-retry=3',
      replaced: true,
    });
  });

  it('fails with the text once although the provider broke three times', async () => {
    const { client } = await pair({ generation });
    const { outcome } = await ask(client, await client.createSession('t'), 'a b c silent-fail=3');
    expect(failure(outcome)).toMatchObject({ code: 'overloaded', remedy: 'same-session' });
    expect(outcome).toMatchObject({ partial: 'You said: a ' });
  });

  it('is refused a tool that asks for a confirmation, though answers get lost', async () => {
    const { agent, client } = await pair({ generation });
    const { outcome, events } = await ask(
      client,
      await client.createSession('t'),
      'tool=shell confirm drop-resume=1',
    );
    expect(outcome.kind).toBe('completed');
    expect(agent.answers().map(({ body }) => JSON.parse(body).confirmation)).toEqual(['reject', 'reject']);
    expect(agent.stats().executions).toEqual([]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'tool', name: 'shell', phase: 'end', ok: false }),
    );
  });

  it('runs a tool that was allowed, one call for one answer, though answers get lost', async () => {
    const { agent, client } = await pair({ generation });
    const wanted: Wanted[] = [];
    const decide: Decide = async (one) => {
      wanted.push(one);
      return wanted.length === 1
        ? { kind: 'tool', approve: true }
        : { kind: 'tool', approve: false, reason: 'once is enough' };
    };
    const text = 'tool=shell tool=shell confirm drop-resume=1';
    const { outcome } = await ask(client, await client.createSession('t'), text, { decide });
    expect(outcome.kind).toBe('completed');
    expect(wanted).toEqual([
      expect.objectContaining({ kind: 'tool', tool: 'shell', args: expect.anything() }),
      expect.objectContaining({ kind: 'tool', tool: 'shell' }),
    ]);
    expect(agent.stats().executions).toHaveLength(1);
    const answers = agent.answers().map(({ body }) => JSON.parse(body));
    expect(answers.map(({ confirmation }) => confirmation)).toEqual([
      'approve',
      'approve',
      'reject',
      'reject',
    ]);
    expect(answers.at(-1).reason).toBe('once is enough');
  });

  it('answers a form with what was filled in', async () => {
    const { agent, client } = await pair({ generation });
    const decide: Decide = async () => ({ kind: 'form', action: 'accept', content: { answer: 'blue' } });
    await ask(client, await client.createSession('t'), 'elicit hi', { decide });
    const answer = JSON.parse(agent.answers()[0]?.body ?? '{}');
    expect(answer).toMatchObject({ action: 'accept', content: { answer: 'blue' } });
    expect('elicitation_id' in answer).toBe(generation === 'object');
  });

  it('cancels a form that is open before it cuts the run', async () => {
    const { agent, client } = await pair({ generation });
    const stop = new AbortController();
    const decide: Decide = (_wanted, signal) => {
      stop.abort('stop');
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const request = { sessionId: await client.createSession('t'), text: 'elicit hi', identity: {}, decide };
    const outcome = await client.run(request, () => {}, stop.signal);
    expect(outcome.kind).toBe('stopped');
    expect(agent.answers().map(({ body }) => JSON.parse(body).action)).toEqual(['cancel']);
  });

  it('goes on past the iteration limit where that was allowed', async () => {
    const { client } = await pair({ generation });
    const decide: Decide = async () => ({ kind: 'rounds', rounds: 'more' });
    const { outcome } = await ask(client, await client.createSession('t'), 'max-iterations hi', { decide });
    expect(outcome).toMatchObject({
      kind: 'completed',
      text: 'You said: max-iterations hi',
      replaced: false,
    });
  });

  it('never waits for a form that nobody can fill in', async () => {
    const { agent, client } = await pair({ generation });
    const { outcome } = await ask(client, await client.createSession('t'), 'elicit hi');
    expect(outcome.kind).toBe('completed');
    const answer = JSON.parse(agent.answers()[0]?.body ?? '{}');
    expect(answer.action).toBe('decline');
    expect('elicitation_id' in answer).toBe(generation === 'object');
  });

  it('ends at the iteration limit with the word that is only stored', async () => {
    const { client } = await pair({ generation });
    const { outcome, events } = await ask(client, await client.createSession('t'), 'max-iterations');
    expect(streamed(events)).toBe('');
    expect(outcome).toMatchObject({
      kind: 'completed',
      replaced: true,
      text: expect.stringContaining('max_iterations'),
    });
  });

  it('takes no text from another agent', async () => {
    const { client } = await pair({ generation });
    const { outcome, events } = await ask(client, await client.createSession('t'), 'sub-agent hi');
    expect(outcome).toMatchObject({ kind: 'completed', text: 'You said: sub-agent hi', replaced: false });
    expect(phases(events)).toEqual(['transfer_task start', 'transfer_task call', 'transfer_task end']);
  });

  it('empty is an answer', async () => {
    const { client } = await pair({ generation });
    const { outcome, events } = await ask(client, await client.createSession('t'), 'empty');
    expect(outcome).toEqual({ kind: 'completed', text: '', replaced: false, empty: true });
    expect(events.some(({ type }) => type === 'usage')).toBe(true);
  });

  it.each([
    [401, 'auth', 'none'],
    [429, 'rate_limited', 'same-session'],
    [500, 'provider_unavailable', 'same-session'],
    [529, 'overloaded', 'same-session'],
    [404, 'model_not_found', 'none'],
  ])('provider status %i', async (status, code, remedy) => {
    const { client } = await pair({ generation });
    const { outcome } = await ask(client, await client.createSession('t'), `error=${status}`);
    expect(failure(outcome)).toMatchObject({ code, remedy });
  });

  it('an unknown session, a broken soul.yaml and an agent that is not there are three things', async () => {
    const { agent, client } = await pair({ generation });
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect(failure((await ask(client, unknown, 'hi')).outcome)).toMatchObject({
      code: 'session_not_found',
      remedy: 'new-session',
    });
    const id = await client.createSession('t');
    expect(await client.isReady()).toBe(true);
    agent.breakConfig('line 3: mapping values are not allowed');
    expect(await client.ping()).toBe(true);
    expect(await client.isReady()).toBe(false);
    const config = failure((await ask(client, id, 'hi')).outcome);
    expect(config).toMatchObject({ code: 'config', remedy: 'none' });
    expect(config.message).toContain('line 3: mapping values are not allowed');
    expect(config.message).not.toContain('\u001b');
    await agent.close();
    expect(await client.ping()).toBe(false);
    const gone = failure((await ask(client, id, 'hi')).outcome);
    expect(gone.code).toMatch(/agent_unreachable|agent_died/);
    expect(gone.remedy).toBe('agent-back');
    await expect(client.createSession('t')).rejects.toBeInstanceOf(AgentError);
  });

  it('is reached over a unix socket', async () => {
    const { client } = await pair({ generation, socketPath: join(temporaryFolder(), 'agent.sock') });
    const { outcome } = await ask(client, await client.createSession('t'), 'hi');
    expect(outcome.kind).toBe('completed');
  });

  it('an empty message is refused before it is sent', async () => {
    const { agent, client } = await pair({ generation });
    const id = await client.createSession('t');
    expect(failure((await ask(client, id, '')).outcome).code).toBe('bad_request');
    expect(agent.stats().runs).toEqual([]);
  });
});

it('a run that is stopped before it began sends nothing', async () => {
  const { agent, client } = await pair();
  const id = await client.createSession('t');
  const outcome = await client.run(
    { sessionId: id, text: 'hi', identity: {} },
    () => undefined,
    AbortSignal.abort(),
  );
  expect(outcome).toEqual({ kind: 'stopped', openToolCall: false, partial: '', toolsStarted: [] });
  expect(agent.stats().runs).toEqual([]);
});

it('finds out anew when another engine answers, and asks again', async () => {
  const folder = temporaryFolder();
  const socketPath = join(folder, 'agent.sock');
  const old = await startFakeAgent({ generation: 'array', socketPath, folder });
  const client = connect(old.url);
  const id = await client.createSession('t');
  expect((await ask(client, id, 'one')).outcome.kind).toBe('completed');
  await old.close();
  const { agent } = await pair({ generation: 'object', socketPath, folder });
  // The restart was not noticed: the form is wrong, nothing is stored by it, and it is sent again in the right one.
  expect((await ask(client, id, 'two')).outcome).toMatchObject({ kind: 'completed', text: 'You said: two' });
  expect(client.generation).toBe('messages-object');
  expect(agent.stats().runs.map(({ prompt }) => prompt)).toEqual(['two']);
  client.forgetEngine();
  expect(client.generation).toBe('unknown');
});

it('a session that is still unwinding is asked again for a while', async () => {
  const { client } = await pair({ generation: 'object' });
  const id = await client.createSession('t');
  const first = ask(client, id, 'tokens=30 interval=10ms');
  const second = await ask(client, id, 'second');
  expect((await first).outcome.kind).toBe('completed');
  expect(second.outcome).toMatchObject({ kind: 'completed', text: 'You said: second' });
});

it('a session that stays busy is said to be busy', async () => {
  const { client } = await pair({ generation: 'object' }, { limits: { busyMs: 300 } });
  const id = await client.createSession('t');
  const controller = new AbortController();
  let started = false;
  const first = client.run(
    { sessionId: id, text: 'silence=2', identity: {} },
    (event) => {
      started ||= event.type === 'text';
    },
    controller.signal,
  );
  await until('the first run', () => started);
  expect(failure((await ask(client, id, 'second')).outcome)).toMatchObject({
    code: 'session_busy',
    remedy: 'same-session',
  });
  controller.abort();
  expect((await first).kind).toBe('stopped');
});

it('shows its token everywhere, or says that it is wrong', async () => {
  const { agent, client } = await pair({ generation: 'object', token: 'right' }, { token: 'right' });
  expect(await client.isReady()).toBe(true);
  const id = await client.createSession('t');
  expect((await ask(client, id, 'hi')).outcome.kind).toBe('completed');
  const stranger = connect(agent.url, { token: 'wrong' });
  expect(await stranger.ping()).toBe(false);
  expect(failure((await ask(stranger, id, 'hi')).outcome).code).toBe('agent_auth');
  await expect(stranger.createSession('t')).rejects.toMatchObject({ code: 'agent_auth' });
});

it('a message over the limit of the agent is too large', async () => {
  const { client } = await pair({ generation: 'object' });
  const id = await client.createSession('t');
  const { outcome } = await ask(client, id, 'x'.repeat(1_100_000));
  expect(failure(outcome)).toMatchObject({ code: 'too_large', status: 413 });
});

it('an error of the caller’s own handler is the caller’s, and closes the run', async () => {
  const { agent, client } = await pair();
  const id = await client.createSession('t');
  const run = client.run(
    { sessionId: id, text: 'tokens=5000 interval=1ms', identity: {} },
    () => {
      throw new Error('the disk is full');
    },
    new AbortController().signal,
  );
  await expect(run).rejects.toThrow('the disk is full');
  await until('the cancel', () => agent.stats().disconnects === 1);
});

it('runs many sessions side by side', async () => {
  const { agent, client } = await pair();
  const ids = await Promise.all(Array.from({ length: 50 }, () => client.createSession('t')));
  const runs = await Promise.all(
    ids.map((id, index) => ask(client, id, `number ${index} tokens=20 interval=2ms`)),
  );
  for (const [index, { outcome }] of runs.entries()) {
    expect(outcome).toMatchObject({ kind: 'completed', text: expect.stringContaining(`number ${index} `) });
  }
  expect(agent.stats().maxConcurrent).toBe(1);
});
