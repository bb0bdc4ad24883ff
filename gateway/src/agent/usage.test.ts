/** What a model call used, in both generations: routed models, the call that compacts, and input that is not reported. */
import type { Step } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from './agent.ts';
import { ask, pair } from './testing/client.ts';

type UsageEvent = Extract<RunEvent, { type: 'usage' }>;

/** One run for each list of events, on one session; each answers "ok" before or after them. */
async function usages(generation: 'array' | 'object', ...runs: Step[][]): Promise<UsageEvent[][]> {
  let run = 0;
  const { client } = await pair({
    generation,
    script: ({ session }) => (runs[run++] ?? []).map((step) => inSession(step, session)),
  });
  const session = await client.createSession('t');
  const found: UsageEvent[][] = [];
  for (const _ of runs) {
    const { events } = await ask(client, session, 'hi');
    found.push(events.flatMap((event) => (event.type === 'usage' ? [event] : [])));
  }
  return found;
}

const TEXT: Step = { do: 'text', text: 'ok' };

const OWN = 'the session of the run';

function own(type: string, more: Record<string, unknown>): Step {
  return { do: 'event', event: { type, session_id: OWN, ...more } };
}

function inSession(step: Step, session: string): Step {
  if (step.do !== 'event' || step.event.session_id !== OWN) return step;
  return { do: 'event', event: { ...step.event, session_id: session } };
}

function call(model: string, cost: number, contextLength: number, callCost = 0): Step {
  const last_message = { input_tokens: 80, output_tokens: 12, Cost: callCost, Model: model };
  const usage = {
    input_tokens: 80,
    output_tokens: 12,
    context_length: contextLength,
    context_limit: 0,
    cost,
    last_message,
  };
  return own('token_usage', { usage });
}

function compaction(cost: number, summary: Record<string, unknown> = {}): Step[] {
  const usage = { input_tokens: 300, output_tokens: 250, context_length: 550, context_limit: 0, cost };
  return [
    own('session_compaction', { status: 'started' }),
    own('session_summary', { summary: 'Session Summary: …', ...summary }),
    own('session_compaction', { status: 'completed' }),
    own('token_usage', { usage }),
  ];
}

describe('a routed model', () => {
  it.each([
    ['object', { info: 'fake/routed', named: 'base' }],
    ['array', { info: 'fake/base', named: 'routed' }],
  ] as const)('is the one that was asked (generation %s)', async (generation, { info, named }) => {
    const [first] = await usages(generation, [
      { do: 'event', event: { type: 'agent_info', agent_name: 'root', model: info } },
      call(named, 0, 92),
      TEXT,
    ]);
    expect(first?.[0]?.model).toMatch(/(^|\/)routed$/);
  });

  it('of a sub-agent is not that of the agent which asked it', async () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 1,
      last_message: { input_tokens: 9, output_tokens: 9, Model: 'x' },
    };
    const [first] = await usages('object', [
      { do: 'event', event: { type: 'agent_info', agent_name: 'researcher', model: 'fake/cheap' } },
      { do: 'event', event: { type: 'token_usage', agent_name: 'researcher', session_id: 'other', usage } },
      TEXT,
    ]);
    expect(first?.map(({ model }) => model)).toEqual(['fake/cheap', 'fake/fake-1']);
  });
});

it('of an agent that v1.32.3 hands the conversation to is told by the team alone', async () => {
  const last_message = { input_tokens: 9, output_tokens: 9, Model: 'spare-1' };
  const usage = { input_tokens: 9, output_tokens: 9, context_length: 18, cost: 0, last_message };
  const members = [
    { name: 'root', description: '', provider: 'fake', model: 'main-1' },
    { name: 'writer', description: '', provider: 'fake', model: 'spare-1' },
  ];
  const [first] = await usages('array', [
    { do: 'event', event: { type: 'agent_info', agent_name: 'root', model: 'fake/main-1' } },
    { do: 'event', event: { type: 'team_info', agent_name: 'root', available_agents: members } },
    own('token_usage', { agent_name: 'writer', usage }),
    TEXT,
  ]);
  expect(first?.[0]?.model).toBe('fake/spare-1');
});

describe('the call that compacts', () => {
  it('costs what the session grew by, in mid-run', async () => {
    const [first] = await usages('array', [TEXT, call('fake-1', 0.5, 18_000, 0.5), ...compaction(0.7)]);
    expect(first?.[1]).toMatchObject({ inputTokens: 18_000, outputTokens: 250 });
    expect(first?.[1]?.costUsd).toBeCloseTo(0.2);
  });

  it('costs what the session grew by since the run before', async () => {
    const runs = await usages(
      'object',
      [call('fake-1', 0.5, 18_000, 0.5), own('message_added', {})],
      [...compaction(0.7), TEXT],
    );
    // The fake's own usage, at the end of the first run, has the sum at nothing.
    expect(runs[1]?.[0]).toMatchObject({ inputTokens: 132, outputTokens: 250, costUsd: 0.7 });
  });

  it('costs what its summary says, since v1.110', async () => {
    const [first] = await usages('object', [...compaction(0.7, { cost: 0.05 }), TEXT]);
    expect(first?.[0]).toMatchObject({ costUsd: 0.05 });
  });

  it('is no call where nothing can be told of it', async () => {
    const [first] = await usages('object', [...compaction(0), TEXT]);
    expect(first).toHaveLength(1); // the answer's own
  });
});

it('a call without input tokens has no price, whatever the agent says', async () => {
  const usage = {
    input_tokens: 0,
    output_tokens: 12,
    cost: 0.01,
    last_message: { input_tokens: 0, output_tokens: 12, Cost: 0.01, Model: 'fake-1' },
  };
  const [first] = await usages('object', [own('token_usage', { usage }), TEXT]);
  expect(first?.[0]).toMatchObject({ inputTokens: 0, outputTokens: 12 });
  expect(first?.[0]).not.toHaveProperty('costUsd');
});
