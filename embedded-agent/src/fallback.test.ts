/** `fallback` in soul.yaml: the next model where one fails, with cagent's events, and the first again after its cool-down. */
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { type ScriptedAnswer, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent, textOf } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

type Answers = Record<string, () => ScriptedAnswer>;

/** Three models behind one address, each of which answers as the test says, and fine where it says nothing. */
async function start(
  answers: Answers,
  fallback = '{ models: [second, third], retries: -1, cooldown: 1m30s }',
) {
  const model = await startFakeModel(({ model: name }) => answers[name]?.() ?? { text: [`I am ${name}.`] });
  onTestFinished(() => model.close());
  const clock = new ManualClock();
  const agent = await startAgent(
    `version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models:
  first: { provider: fake, model: first-1, provider_opts: { context_size: 10000 } }
  second: { provider: fake, model: second-1 }
  third: { provider: fake, model: third-1 }
agents:
  root: { model: first, instruction: You are Moby., fallback: ${fallback} }
`,
    { clock },
  );
  const asked = (): string[] => model.requests.splice(0).map(({ model: name }) => name);
  const run = async (session: string): Promise<CagentEvent[]> => {
    const events = await agent.run(session, 'hello');
    expect(violations(events, { cut: false })).toEqual([]);
    return events;
  };
  return { agent, clock, asked, run };
}

const refused = (status: number): ScriptedAnswer => ({
  status,
  body: { error: { message: 'no', code: status } },
});
const models = (events: CagentEvent[]): unknown[] => ofType(events, 'agent_info').map(({ model }) => model);

it('goes on with the next model, says so, and names who answered', async () => {
  const { agent, asked, run } = await start({
    'first-1': () => refused(429),
    'second-1': () => refused(401),
  });
  const session = await agent.newSession();
  const events = await run(session);
  expect(textOf(events)).toBe('I am third-1.');
  expect(ofType(events, 'model_fallback')).toMatchObject([
    {
      failed_model: 'fake/first-1',
      fallback_model: 'fake/second-1',
      reason: expect.stringMatching(/^error receiving from stream: POST "http.*": 429 Too Many Requests \{/),
      attempt: 1,
      max_attempts: 1,
      agent_name: 'root',
    },
    { failed_model: 'fake/second-1', fallback_model: 'fake/third-1' },
  ]);
  expect(models(events)).toEqual(['fake/first-1', 'fake/third-1']);
  expect(ofType(events, 'token_usage')[0]?.usage?.last_message?.Model).toBe('fake/third-1');
  expect(ofType(events, 'error')).toEqual([]);
  expect(asked()).toEqual(['first-1', 'second-1', 'third-1']);
  expect((await agent.stored(session)).messages?.at(-1)?.message).toMatchObject({
    content: 'I am third-1.',
    model: 'third-1',
  });
});

it('stays with it for the cool-down, in this session alone, then asks the first again', async () => {
  let well = false;
  const { agent, clock, asked, run } = await start({
    'first-1': () => (well ? { text: ['Back.'] } : refused(429)),
  });
  const session = await agent.newSession();
  await run(session);
  expect(asked()).toEqual(['first-1', 'second-1']);
  clock.jump(89_000);
  const during = await run(session);
  expect(asked()).toEqual(['second-1']);
  expect(ofType(during, 'model_fallback')).toEqual([]);
  expect(models(during)).toEqual(['fake/first-1', 'fake/second-1']);
  await run(await agent.newSession());
  expect(asked()).toEqual(['first-1', 'second-1']);
  clock.jump(2000);
  well = true;
  expect(textOf(await run(session))).toBe('Back.');
  expect(asked()).toEqual(['first-1']);
});

it('has no cool-down after a failure that may pass', async () => {
  const { agent, asked, run } = await start({ 'first-1': () => refused(503) });
  const session = await agent.newSession();
  await run(session);
  await run(session);
  expect(asked()).toEqual(['first-1', 'second-1', 'first-1', 'second-1']);
});

it('begins an answer anew that broke off: it is stored once', async () => {
  const { agent, run } = await start({ 'first-1': () => ({ text: ['I am fir'], cut: true }) });
  const session = await agent.newSession();
  const events = await run(session);
  expect(textOf(events)).toBe('I am firI am second-1.');
  expect(ofType(events, 'model_fallback')).toHaveLength(1);
  const stored = (await agent.stored(session)).messages?.map(({ message }) => message.content);
  expect(stored).toEqual(['hello', 'I am second-1.']);
});

it('fails with what the last one said, where all fail', async () => {
  const { agent, asked, run } = await start({
    'first-1': () => refused(429),
    'second-1': () => refused(429),
    'third-1': () => refused(402),
  });
  const events = await run(await agent.newSession());
  expect(ofType(events, 'error')[0]?.error).toMatch(/^all models failed: error receiving .*: 402 Payment/);
  expect(asked()).toEqual(['first-1', 'second-1', 'third-1']);
});

it('without models it changes nothing', async () => {
  const { agent, asked, run } = await start({ 'first-1': () => refused(401) }, '{ retries: 5 }');
  const events = await run(await agent.newSession());
  expect(ofType(events, 'error')).toHaveLength(1);
  expect(ofType(events, 'model_fallback')).toEqual([]);
  expect(asked()).toEqual(['first-1']);
});

it('is refused where a model of it does not exist, before anybody asks', async () => {
  const { agent } = await start({}, '{ models: [secund] }');
  expect((await agent.call('GET', '/api/agents/soul/root/tools/count')).body).toEqual({
    message: expect.stringContaining('agents.root.fallback.models: "secund" is neither an entry of models'),
  });
});
