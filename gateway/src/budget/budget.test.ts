import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

/** Tokens that the fake agent reports for one model call without tools. */
async function tokensOfOneCall(): Promise<number> {
  const moby = await openHarness();
  const { usage } = (await moby.ask('hello')).body;
  return usage.inputTokens + usage.outputTokens;
}

test('without a cap nothing is counted against anything', async () => {
  const moby = await openHarness();
  await moby.ask('hello');
  expect((await moby.call('GET', '/api/usage')).body.budget).toBeUndefined();
  expect((await moby.call('POST', '/api/usage/lift')).status).toBe(409);
});

test('usage is told by trigger and by conversation', async () => {
  const moby = await openHarness();
  await moby.ask('hello', { session: 'cli:main' });
  await moby.ask('hello', { session: 'api:x' });
  const { bySource, bySession } = (await moby.call('GET', '/api/usage')).body;
  expect(bySource.map(({ name }: { name: string }) => name).toSorted()).toEqual(['api', 'cli']);
  expect(bySession[0]).toMatchObject({ turns: 1, tokens: expect.any(Number) });
});

test('past the cap nothing runs, with what to do; the owner can lift it for the day', async () => {
  const cap = await tokensOfOneCall();
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: String(cap) } });
  expect((await moby.ask('hello')).status).toBe(200);
  const refused = await moby.ask('hello again');
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({
    type: '/problems/budget-exceeded',
    status: 429,
    turn: expect.any(String),
    code: 'budget_exceeded',
    detail: expect.stringContaining('mobyclaw usage lift'),
  });
  expect(moby.agent?.stats().runs).toHaveLength(1);
  const lifted = await moby.call('POST', '/api/usage/lift');
  expect(Date.parse(lifted.body.until)).toBeGreaterThan(Date.now());
  expect((await moby.ask('hello again')).status).toBe(200);
});

test('a runaway that calls tools without end stops after the call that crosses the cap', async () => {
  const cap = Math.floor((await tokensOfOneCall()) / 3);
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: String(cap) } });
  const tools = Array.from({ length: 50 }, (_, index) => `tool=step_${index}`).join(' ');
  const answer = await moby.ask(`run away tool-ms=300 ${tools}`);
  expect(answer.body.code).toBe('budget_exceeded');
  await until('the run to be cut', () => moby.agent?.stats().running === 0);
  expect(moby.agent?.stats().executions.length).toBeLessThanOrEqual(1);
  expect((await moby.ask('still over')).body.code).toBe('budget_exceeded');
});

test('an answer that was complete with the call that crosses the cap stands, also after tools', async () => {
  const prompt = 'look it up tool=search tool=note';
  const { usage } = (await (await openHarness()).ask(prompt)).body;
  const cap = usage.inputTokens + usage.outputTokens; // reached by the last call alone
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: String(cap) } });
  const answer = await moby.ask(prompt);
  expect(answer.status).toBe(200);
  expect(answer.body.text).toContain('You said: look it up');
  expect((await moby.ask('hello')).status).toBe(429);
});

test('what nobody asked for waits from 90 %; the person goes on', async () => {
  const one = await tokensOfOneCall();
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: String(Math.floor(one / 0.93)) } });
  await moby.ask('hello');
  const hook = await moby.call('POST', '/api/hooks', { body: { name: 'h', proof: 'bearer' } });
  const received = await moby.call('POST', '/hooks/h', {
    body: {},
    headers: { authorization: `Bearer ${hook.body.secret}` },
  });
  const end = (await moby.follow(received.body.turn).all()).at(-1);
  expect(end).toMatchObject({ type: 'error', data: { code: 'budget_exceeded' } });
  const { stream } = await moby.start('a person may');
  await stream.until(({ type }) => type === 'started');
});

test('the turn that passes 80 % says so, once', async () => {
  const one = await tokensOfOneCall();
  const moby = await openHarness({
    env: { MOBYCLAW_BUDGET_DAY_TOKENS: String(Math.floor((one * 2) / 0.85)) },
  });
  const notices: string[] = [];
  for (const prompt of ['hello', 'hello']) {
    const { stream } = await moby.start(prompt);
    for (const event of await stream.all()) if (event.type === 'notice') notices.push(event.data.text);
  }
  expect(notices).toEqual([expect.stringContaining('tokens for today are spent')]);
});

test('a model without a price is refused after its first call where the cap is in dollars, until it has one', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_MONTH_USD: '100' } });
  expect((await moby.ask('hello')).status).toBe(200);
  const refused = await moby.ask('hello');
  expect(refused.body.detail).toContain('prices.yaml');
  expect(moby.agent?.stats().runs).toHaveLength(1);
  const { budget } = (await moby.call('GET', '/api/usage')).body;
  expect(budget.month.unpricedModels).toHaveLength(1);
  await moby.close();

  writeFileSync(join(moby.home, 'gateway/prices.yaml'), 'models:\n  "*": { input: 3, output: 15 }\n');
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const again = await openHarness({
    home: moby.home,
    agentUrl: agent.url,
    env: { MOBYCLAW_BUDGET_MONTH_USD: '100' },
  });
  expect((await again.ask('hello')).status).toBe(200);
  const report = (await again.call('GET', '/api/usage')).body.budget.month;
  expect(report.spentUsd).toBeGreaterThan(0);
  expect(report.unpricedModels).toEqual([]);
});

test('a price table that cannot be read prices nothing, and says why', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_USD: '5' } });
  writeFileSync(join(moby.home, 'gateway/prices.yaml'), 'models:\n  x: { input: cheap }\n');
  const { priceProblem } = (await moby.call('GET', '/api/usage')).body;
  expect(priceProblem).toContain('prices.yaml cannot be read');
  expect(priceProblem).toContain('models.x.input: must be a number');
});

test('what an attempt before a crash has spent counts', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const first = await openHarness({ agentUrl: agent.url });
  const { turn, stream } = await first.start('tool=quick tool=slow tool-ms=2000');
  await stream.until(({ type }) => type === 'usage');
  await first.close(0);
  const second = await openHarness({ agentUrl: agent.url, home: first.home });
  const end = (await second.follow(turn).all()).at(-1);
  const plain = await tokensOfOneCall();
  const usage = end?.type === 'done' ? end.data.usage : null;
  expect((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0)).toBeGreaterThan(plain);
});

test('a cap that is no number is refused by name', async () => {
  await expect(openHarness({ env: { MOBYCLAW_BUDGET_DAY_USD: 'cheap' } })).rejects.toThrow(
    'MOBYCLAW_BUDGET_DAY_USD',
  );
});
