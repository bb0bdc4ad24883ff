/** Errors, warnings and stops inside a 200: what each is to the run. */
import { type Step, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, connect, failure, notices, type Pair, pair, type Ran } from './testing/client.ts';

const SHELL = { tool_call: { id: 'call_1', type: 'function', function: { name: 'shell' } } };

describe('what the agent reports in the stream', () => {
  const scripted = async (steps: Step[]): Promise<Ran & Pair> => {
    const both = await pair({ script: () => steps });
    return { ...both, ...(await ask(both.client, await both.client.createSession('t'), 'hi')) };
  };

  it('an error that it gets over is a notice', async () => {
    const { outcome, events } = await scripted([
      { do: 'event', event: { type: 'error', error: 'compaction failed' } },
      { do: 'text', text: 'Still here.' },
    ]);
    expect(outcome).toMatchObject({ kind: 'completed', text: 'Still here.' });
    expect(notices(events)).toEqual([expect.stringContaining('compaction failed')]);
  });

  it('an error after text is no answer', async () => {
    const { outcome } = await scripted([
      { do: 'text', text: 'I was about ' },
      { do: 'fail', error: 'all models failed: error receiving from stream: unexpected EOF' },
    ]);
    expect(failure(outcome)).toMatchObject({ code: 'provider_unavailable', remedy: 'same-session' });
    expect(outcome).toMatchObject({ partial: 'I was about ' });
  });

  it('an error of another session is not the run’s', async () => {
    const { outcome } = await scripted([
      { do: 'text', text: 'Fine.' },
      { do: 'event', event: { type: 'error', error: 'sub-agent failed', session_id: 'another' } },
    ]);
    expect(outcome).toMatchObject({ kind: 'completed', text: 'Fine.' });
  });

  it('an error is better known than the break after it', async () => {
    const { outcome } = await scripted([
      { do: 'event', event: { type: 'error', error: 'POST "http://x": 401 Unauthorized {}' } },
      { do: 'hang-up', how: 'eof' },
    ]);
    expect(failure(outcome).code).toBe('auth');
  });

  it('a warning is told once', async () => {
    const warning: Step = { do: 'event', event: { type: 'warning', message: 'memory is down' } };
    const { events } = await scripted([warning, warning, { do: 'text', text: 'ok' }]);
    expect(notices(events)).toEqual(['memory is down']);
  });

  it('a model that is replaced is told', async () => {
    const event = { type: 'model_fallback', failed_model: 'a/one', fallback_model: 'b/two' };
    const { events } = await scripted([
      { do: 'event', event },
      { do: 'text', text: 'ok' },
    ]);
    expect(events.flatMap((one) => (one.type === 'model' ? [one.model] : []))).toEqual([
      'fake/fake-1',
      'b/two',
    ]);
  });

  it('a login that a tool server wants is cancelled', async () => {
    const event = {
      type: 'elicitation_request',
      elicitation_id: 'e-1',
      meta: { 'cagent/type': 'oauth_flow' },
    };
    const { agent, outcome } = await scripted([
      { do: 'event', event },
      { do: 'wait', ms: 50 },
    ]);
    expect(outcome.kind).toBe('completed');
    expect(JSON.parse(agent.answers()[0]?.body ?? '{}')).toEqual({ action: 'cancel', elicitation_id: 'e-1' });
  });

  it.each([
    ['loop_detected', 'loop_detected'],
    ['budget_exceeded', 'budget_exceeded'],
    ['canceled', 'agent_died'],
    ['normal', 'agent_died'],
    ['', 'agent_died'],
    ['error', 'agent_failed'],
  ])('why it stopped: %s', async (reason, code) => {
    const agent = await startFakeAgent({
      script: ({ session }) => [
        { do: 'text', text: 'so far' },
        { do: 'event', event: { type: 'stream_stopped', session_id: session, reason } },
        { do: 'hang-up', how: 'eof' },
      ],
    });
    onTestFinished(() => agent.close());
    const client = connect(agent.url);
    const { outcome } = await ask(client, await client.createSession('t'), 'hi');
    expect(failure(outcome).code).toBe(code);
    expect(outcome).toMatchObject({ partial: 'so far' });
  });

  it.each([
    ['in a tool that has no result', [{ type: 'tool_call', ...SHELL }], true],
    [
      'after the result of a tool that was cut',
      [{ type: 'tool_call', ...SHELL }, { type: 'tool_call_response', ...SHELL }, { type: 'message_added' }],
      false,
    ],
    ['while the model thinks', [{ type: 'agent_choice_reasoning', content: 'Hm' }], false],
    ['before the first word', [], false],
  ])('a stop in good order %s is an agent that is being stopped', async (_, events, openToolCall) => {
    const agent = await startFakeAgent({
      script: ({ session }) => [
        ...events.map((event) => ({ do: 'event' as const, event: { session_id: session, ...event } })),
        { do: 'event', event: { type: 'stream_stopped', session_id: session } },
        { do: 'hang-up', how: 'eof' },
      ],
    });
    onTestFinished(() => agent.close());
    const client = connect(agent.url);
    const { outcome } = await ask(client, await client.createSession('t'), 'hi');
    expect(failure(outcome)).toMatchObject({ code: 'agent_died', remedy: 'agent-back' });
    expect(outcome).toMatchObject({
      openToolCall,
      toolsStarted: events.some(({ type }) => type === 'tool_call') ? ['shell'] : [],
    });
  });

  it.each([
    ['an empty answer', [{ type: 'token_usage', usage: { input_tokens: 5, output_tokens: 0 } }]],
    [
      'silence after a tool, where the agent says that it ended well',
      [{ type: 'tool_call', ...SHELL }, { type: 'tool_call_response', ...SHELL }, { type: 'message_added' }],
      'normal',
    ],
  ])('%s is no broken one', async (_, events, reason?: string) => {
    const agent = await startFakeAgent({
      script: ({ session }) => [
        ...events.map((event) => ({ do: 'event' as const, event: { session_id: session, ...event } })),
        {
          do: 'event',
          event: { type: 'stream_stopped', session_id: session, ...(reason ? { reason } : {}) },
        },
        { do: 'hang-up', how: 'eof' },
      ],
    });
    onTestFinished(() => agent.close());
    const client = connect(agent.url);
    const { outcome } = await ask(client, await client.createSession('t'), 'hi');
    expect(outcome).toMatchObject({ kind: 'completed', empty: true });
  });

  type FakeEvent = { type: string; [field: string]: unknown };

  it.each<[string, FakeEvent[], string]>([
    ['nothing', [], ''],
    ['a part of it', [{ type: 'agent_choice', content: 'one ' }], 'one '],
  ])('v1.32.3 takes a connection that ended for an answer that did: after %s', async (_, said, partial) => {
    const call = { input_tokens: 120, output_tokens: 12 };
    const usageOf = (tokens: number, last = {}): FakeEvent => {
      const usage = { input_tokens: 0, output_tokens: 0, context_length: tokens, cost: 0, ...last };
      return { type: 'token_usage', usage };
    };
    const answered = usageOf(132, { last_message: call });
    const runs: FakeEvent[][] = [
      [...said, usageOf(0)],
      [{ type: 'agent_choice', content: 'Hi' }, { type: 'message_added' }, answered],
      [...said, usageOf(132)],
    ];
    const agent = await startFakeAgent({
      script: ({ session }) => [
        ...[...(runs.shift() ?? []), { type: 'stream_stopped' }].map((event) => ({
          do: 'event' as const,
          event: { session_id: session, ...event },
        })),
        { do: 'hang-up', how: 'eof' },
      ],
    });
    onTestFinished(() => agent.close());
    const client = connect(agent.url);
    const broken = { code: 'provider_unavailable', remedy: 'same-session' };
    const session = await client.createSession('t');
    const alone = await ask(client, session, 'hi');
    expect(failure(alone.outcome)).toMatchObject(broken);
    expect(alone.outcome).toMatchObject({ partial });
    const used = await client.createSession('u');
    expect((await ask(client, used, 'first')).outcome).toMatchObject({ kind: 'completed', text: 'Hi' });
    expect(failure((await ask(client, used, 'second')).outcome)).toMatchObject(broken);
  });

  it('a call that was announced and given up in a silent retry is closed, and tears nothing', async () => {
    const call = { id: 'lost', type: 'function', function: { name: 'shell' } };
    const { outcome, events } = await scripted([
      { do: 'event', event: { type: 'partial_tool_call', tool_call: call } },
      { do: 'tools', calls: [{ name: 'memory_read' }] },
      { do: 'text', text: 'Done.' },
      { do: 'fail', error: 'all models failed: error receiving from stream: unexpected EOF' },
    ]);
    expect(outcome).toMatchObject({ kind: 'failed', openToolCall: false, toolsStarted: ['memory_read'] });
    expect(events).toContainEqual({
      type: 'tool',
      id: 'lost',
      name: 'shell',
      phase: 'end',
      ok: false,
      summary: 'not run',
    });
  });
});
