import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import { openHarness } from '../testing/harness.ts';
import { UsageMeter } from './usage-meter.ts';

const PRICES = 'models: { fake/fake-1: { input: 1000, output: 10000, cached: 100 } }\n';
const ONE_CALL = 80 / 1000 + 40 / 10_000 + 12 / 100; // dollars: 120 tokens in, 40 of them cached, and 12 out

async function agentUrl(): Promise<string> {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  return agent.url;
}

test('without a cap too, every report says what a turn cost', async () => {
  const moby = await openHarness();
  writeFileSync(join(moby.home, 'gateway/prices.yaml'), PRICES);
  const { turn, usage } = (await moby.ask('hello', { session: 'api:x' })).body;
  expect(usage.costUsd).toBeCloseTo(ONE_CALL, 10);
  expect((await moby.call('GET', `/api/turns/${turn}`)).body.usage.costUsd).toBeCloseTo(ONE_CALL, 10);
  const report = (await moby.call('GET', '/api/usage')).body;
  expect(report.totals).toMatchObject({ turns: 1, unpricedTurns: 0 });
  for (const { costUsd, unpricedTurns } of [
    report.totals,
    report.byModel[0],
    report.bySource[0],
    report.bySession[0],
  ]) {
    expect([costUsd, unpricedTurns]).toEqual([expect.closeTo(ONE_CALL, 10), 0]);
  }
});

test('what was called without a price stays unknown, until the owner writes it down', async () => {
  const moby = await openHarness();
  expect((await moby.ask('hello')).body.usage.costUsd).toBeUndefined();
  const before = (await moby.call('GET', '/api/usage')).body;
  expect(before.byModel).toEqual([
    expect.objectContaining({ model: 'fake/fake-1', costUsd: null, unpricedTurns: 1 }),
  ]);
  writeFileSync(join(moby.home, 'gateway/prices.yaml'), PRICES);
  const after = (await moby.call('GET', '/api/usage')).body;
  expect(after.totals).toMatchObject({ costUsd: expect.closeTo(ONE_CALL, 10), unpricedTurns: 0 });
});

test('a price for all models of a provider holds for what cagent names without it', async () => {
  const moby = await openHarness();
  writeFileSync(join(moby.home, 'gateway/prices.yaml'), PRICES.replace('fake/fake-1', '"fake/*"'));
  expect((await moby.ask('hello')).body.usage.costUsd).toBeCloseTo(ONE_CALL, 10);
});

test('a price that is known later counts what was written to the cache', () => {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const said = { session: 'api:a', source: 'api', sender: 'owner', prompt: 'a' };
  store.turns.insert({ id: 't', ...said, attachments: [], queueMode: null, createdAt: 0 });
  const usage = { model: 'm', inputTokens: 1000, outputTokens: 10, cachedTokens: 300, cacheWriteTokens: 600 };
  store.turns.finish('t', { state: 'done', answer: '', error: null, usage, finishedAt: 1 });
  expect(store.turns.find('t')?.usage).toEqual(usage);
  store.usage.setPrice('m', { input: 1000, output: 10_000, cached: 100, cacheWrite: 2000 }, 0);
  expect(store.usage.spentSince(0).usd).toBeCloseTo(
    (100 * 1000 + 300 * 100 + 600 * 2000 + 10 * 10_000) / 1e6,
    10,
  );
});

test('a price that was written down while Moby was off counts from his next turn', async () => {
  const home = temporaryFolder();
  const first = await openHarness({ home, agentUrl: await agentUrl() });
  await first.ask('hello');
  await first.close();
  writeFileSync(join(home, 'gateway/prices.yaml'), PRICES);
  const second = await openHarness({ home, agentUrl: await agentUrl() });
  await second.ask('hello');
  expect((await second.call('GET', '/api/usage')).body.totals.costUsd).toBeCloseTo(2 * ONE_CALL, 10);
});

test('a turn in which no model was called is no turn of unknown price', async () => {
  const moby = await openHarness();
  await moby.ask('error=401');
  expect((await moby.call('GET', '/api/usage')).body.totals).toMatchObject({ turns: 0, unpricedTurns: 0 });
});

test('what the agent says a call cost goes before the table; one unknown call makes a turn unknown and names it', () => {
  const meter = new UsageMeter();
  const costOf = ({ costUsd, model }: { costUsd?: number | undefined; model: string }): number | null =>
    costUsd ?? (model === 'priced' ? 1 : null);
  const tokens = { inputTokens: 10, outputTokens: 5 };
  meter.add({ ...tokens, model: 'priced', costUsd: 2 });
  meter.add({ ...tokens, model: 'priced' });
  expect(meter.total(costOf)).toEqual({ inputTokens: 20, outputTokens: 10, costUsd: 3, model: 'priced' });
  meter.add({ ...tokens, model: 'sub-agent' });
  meter.add({ ...tokens, model: 'priced' });
  expect(meter.total(costOf)).toEqual({ inputTokens: 40, outputTokens: 20, model: 'sub-agent' });
});

test('a call whose input nobody reported is of unknown price, not a cheap one', async () => {
  const last_message = { input_tokens: 0, output_tokens: 12, Cost: 0, Model: 'fake-1' };
  const moby = await openHarness({
    agent: {
      script: ({ session }) => [
        { do: 'event', event: { type: 'token_usage', session_id: session, usage: { last_message } } },
        { do: 'text', text: 'ok' },
      ],
    },
  });
  writeFileSync(join(moby.home, 'gateway/prices.yaml'), PRICES);
  expect((await moby.ask('hello')).body.usage.costUsd).toBeUndefined();
});
