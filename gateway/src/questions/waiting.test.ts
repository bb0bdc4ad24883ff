/** While a turn waits for the owner: time, other conversations, stops, pauses, and what he allowed. */
import { systemClock } from '@mobyclaw/lib/clock';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { allQuestions, answer, asked, openQuestions } from '../testing/question-world.ts';

test('for this answer: each call of that tool in this turn, none of another tool, none of the next turn', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('confirm tool=look,look tool=send');
  await answer(moby, await asked(moby), { option: 'turn' });
  const other = await until('another question', async () =>
    (await openQuestions(moby)).find(({ details }) => details.tool === 'send'),
  );
  expect(moby.agent?.stats().executions.map(({ tool }) => tool)).toEqual(['look', 'look']);
  await answer(moby, other, { option: 'no' });
  await stream.all();
  await moby.start('confirm tool=look');
  expect((await asked(moby)).details.tool).toBe('look');
  expect(await allQuestions(moby)).toHaveLength(3);
});

test('nobody answers in time: refused, the turn goes on and ends, and the model is not asked again for it', async () => {
  const clock = new ManualClock(Date.now());
  const moby = await openHarness({ clock, env: { MOBYCLAW_ASK_TIMEOUT: '10m' } });
  const { stream } = await moby.start('confirm insist tool=send tool=send');
  const question = await asked(moby);
  await clock.advance(9 * 60_000);
  expect(await openQuestions(moby)).toHaveLength(1);
  await clock.advance(60_000);
  expect((await stream.all()).at(-1)?.type).toBe('done');
  expect(await allQuestions(moby)).toMatchObject([
    { state: 'expired', answer: null, outcome: 'Nobody answered in time. Refused.' },
  ]);
  expect(moby.agent?.stats().executions).toEqual([]);
  const late = await answer(moby, question, { option: 'once' });
  expect(late).toMatchObject({ status: 409, body: { detail: expect.stringContaining('Nobody answered') } });
});

test('its time goes on while Moby is down', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const first = await openHarness({ agentUrl: agent.url });
  const { turn } = await first.start('confirm tool=send');
  await asked(first);
  await first.close();
  const later = { ...systemClock, now: () => Date.now() + 11 * 60_000 };
  const second = await openHarness({ agentUrl: agent.url, home: first.home, clock: later });
  expect((await second.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(await allQuestions(second)).toMatchObject([{ state: 'expired' }]);
  expect(agent.stats().executions).toEqual([]);
});

test('other conversations go on, even where a single turn may run at a time', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_MAX_TURNS: '1' } });
  await moby.start('confirm tool=send', { session: 'api:one' });
  await asked(moby);
  expect((await moby.ask('hello', { session: 'api:two' })).body.text).toContain('hello');
  const behind = await moby.start('after it', { session: 'api:one' });
  expect((await moby.call('GET', `/api/turns/${behind.turn}`)).body.state).toBe('queued');
});

test('a stop ends the turn and its question', async () => {
  const moby = await openHarness();
  const { turn, stream } = await moby.start('confirm tool=send', { session: 'api:one' });
  const question = await asked(moby);
  await moby.call('POST', '/api/sessions/api:one/stop');
  await stream.all();
  expect((await moby.call('GET', `/api/turns/${turn}`)).body.state).toBe('cancelled');
  expect(await allQuestions(moby)).toMatchObject([{ state: 'withdrawn', outcome: 'No longer needed.' }]);
  expect((await answer(moby, question, { option: 'once' })).status).toBe(409);
  expect(moby.agent?.stats().executions).toEqual([]);
});

test('a pause does not wait for a question: the turn is cut, and asks the same afterwards, as often as that happens', async () => {
  const moby = await openHarness();
  const { turn } = await moby.start('confirm tool=send');
  const question = await asked(moby);
  for (let round = 1; round <= 4; round++) {
    await moby.call('POST', '/api/pause', { body: { seconds: 60 } });
    await until('nothing to run', async () => {
      const { body } = await moby.call('POST', '/api/pause', { body: { seconds: 60 } });
      return body.running === 0;
    });
    expect((await moby.call('GET', `/api/turns/${turn}`)).body.state).toBe('queued');
    expect(await openQuestions(moby)).toHaveLength(1);
    await moby.call('DELETE', '/api/pause');
    await until('the run to wait again', () => moby.agent?.stats().runs.length === round + 1);
  }
  await answer(moby, question, { option: 'once' });
  expect((await moby.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(moby.agent?.stats().executions).toHaveLength(1);
  expect(await allQuestions(moby)).toHaveLength(1);
});

test('an answer during a pause counts afterwards', async () => {
  const moby = await openHarness();
  const { turn } = await moby.start('confirm tool=send');
  const question = await asked(moby);
  await moby.call('POST', '/api/pause', { body: { seconds: 60 } });
  await until('the turn to wait', async () => {
    return (await moby.call('GET', `/api/turns/${turn}`)).body.state === 'queued';
  });
  expect((await answer(moby, question, { option: 'once' })).status).toBe(200);
  await moby.call('DELETE', '/api/pause');
  expect((await moby.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(moby.agent?.stats().executions).toHaveLength(1);
  expect(await allQuestions(moby)).toHaveLength(1);
});

test('a shutdown does not wait for a question, and leaves it open', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const first = await openHarness({ agentUrl: agent.url });
  const { turn } = await first.start('confirm tool=send');
  const question = await asked(first);
  await first.close(3_600_000); // as long as it takes
  const second = await openHarness({ agentUrl: agent.url, home: first.home });
  await until('the turn to ask again', () => agent.stats().running === 1);
  expect((await asked(second)).id).toBe(question.id);
  await answer(second, question, { option: 'once' });
  expect((await second.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(agent.stats().executions).toHaveLength(1);
});

test('an agent that runs what nobody has allowed yet is cut off', async () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'send', arguments: '{"to":"her"}' } };
  const moby = await openHarness({
    agent: {
      script: () => [
        { do: 'event', event: { type: 'tool_call_confirmation', tool_call: call } },
        { do: 'event', event: { type: 'tool_call', tool_call: call } },
        { do: 'silence' },
      ],
    },
  });
  const { turn, stream } = await moby.start('write to her');
  expect((await stream.all()).at(-1)).toMatchObject({ type: 'error', data: { code: 'not_granted' } });
  await until('the run to be cut', () => moby.agent?.stats().running === 0);
  expect((await moby.call('GET', `/api/turns/${turn}`)).body.state).toBe('failed');
});

test.each([
  ['other arguments', '{"to":"him"}', 'send'],
  ['another tool', '{"to":"her"}', 'send_all'],
])('an agent that runs %s than was allowed is cut off', async (_what, args, name) => {
  const call = { id: 'call_1', type: 'function', function: { name: 'send', arguments: '{"to":"her"}' } };
  const moby = await openHarness({
    agent: {
      script: () => [
        { do: 'event', event: { type: 'tool_call_confirmation', tool_call: call } },
        { do: 'await-answer' },
        {
          do: 'event',
          event: { type: 'tool_call', tool_call: { ...call, function: { name, arguments: args } } },
        },
        { do: 'silence' },
      ],
    },
  });
  const { stream } = await moby.start('write to her');
  await answer(moby, await asked(moby), { option: 'once' });
  expect((await stream.all()).at(-1)).toMatchObject({ type: 'error', data: { code: 'not_granted' } });
  // The owner hears of it where he wrote last, whoever asked.
  const told = await until('word to the owner', async () => {
    const { body } = await moby.call('GET', '/api/sessions/api:default/messages');
    return body.items?.find(({ text }: { text: string }) => text.includes('otherwise than it was allowed'));
  });
  expect(told.text).toContain('In api:default: ');
});

test('more rounds are asked for, and given', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('max-iterations and on');
  const question = await asked(moby);
  expect(question).toMatchObject({
    kind: 'rounds',
    title: 'Moby has gone 6 rounds and is not done.',
    options: [{ label: '10 more' }, { label: 'Until done' }, { label: 'Stop' }],
    fallback: 'no',
  });
  await answer(moby, question, { option: 'more' });
  expect((await stream.all()).at(-1)).toMatchObject({
    type: 'done',
    data: { text: 'You said: max-iterations and on' },
  });
});

test('no more rounds: the run ends, and its person is told which setting it was', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('max-iterations');
  await answer(moby, await asked(moby), { option: 'no' });
  const events = await stream.all();
  expect(events.at(-1)?.type).toBe('done');
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'notice', data: { text: expect.stringMatching(/limit of 6 rounds/) } }),
  );
});

test('status and metrics count them', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('confirm tool=send');
  const question = await asked(moby);
  expect((await moby.call('GET', '/api/status')).body.questions).toEqual({ open: 1 });
  expect((await moby.call('GET', '/metrics')).body).toContain('mobyclaw_questions_open 1');
  await answer(moby, question, { option: 'no' });
  await stream.all();
  const { body } = await moby.call('GET', '/metrics');
  expect(body).toContain('mobyclaw_questions_open 0');
  expect(body).toContain('mobyclaw_questions_settled_total{kind="tool",state="answered",door="cli"} 1');
  expect(body).toContain('mobyclaw_question_answer_seconds_count 1');
});
