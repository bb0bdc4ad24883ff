/** The budget in the built product, where libraries are loaded from bundles. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@mobyclaw/lib/logger';
import { relayedAddress, routeOf } from '@mobyclaw/lib/model-routes';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { PROVIDERS } from '../../cli/src/init/providers.ts';
import { PriceTable } from '../../gateway/src/budget/prices.ts';
import { type Moby, newMoby } from './moby.ts';

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');
const OWNER = { MOBYCLAW_OWNER_CHANNEL: 'web:main' };

/** From his shell, past the engine, as a title or a compaction of an engine's own would be asked for. */
function byHimself(baseUrl: string): string {
  const providers = { here: { api_type: 'openai_chatcompletions', base_url: baseUrl } };
  const route = routeOf({ providers, agents: {} }, { provider: 'here', model: 'test-model' });
  if (route === null) throw new Error('the model has no way through the relay');
  const url = `${relayedAddress('$MOBYCLAW_RELAY_URL', route)}/chat/completions`;
  const call = (more: number, header: string): string => {
    const body = JSON.stringify({
      model: 'test-model',
      messages: [{ role: 'user', content: `${more} more` }],
    });
    const key = '-H "authorization: Bearer $RELAY_KEY" -H "content-type: application/json"';
    return `curl -sS ${key} ${header} -d '${body}' ${url}`;
  };
  return `${call(1, '')} && ${call(20, "-H 'x-mobyclaw-capability: made up'")}`;
}

async function usageOf(moby: Moby) {
  return JSON.parse((await moby.cli(['usage', '--json'])).stdout);
}

test('a dollar cap with the model offline: it is free, and nothing is refused', async () => {
  const moby = await newMoby({ MOBYCLAW_BUDGET_DAY_USD: '0.01' });
  await moby.cli(['up', '--local']);
  for (const prompt of ['hello', 'hello again']) expect((await moby.cli(['run', prompt])).code).toBe(0);
  const { byModel, totals, budget } = await usageOf(moby);
  expect(byModel).toEqual([
    expect.objectContaining({ model: 'offline/offline', costUsd: 0, unpricedTurns: 0 }),
  ]);
  expect(totals).toMatchObject({ turns: 2, costUsd: 0, unpricedTurns: 0 });
  expect(budget).toMatchObject({ refuses: 'nothing', day: { spentUsd: 0, unpricedModels: [] } });
}, 300_000);

test('prices.yaml prices a model, the cap stops him with the reason everywhere, and lift lets him go on', async () => {
  const usage = {
    prompt_tokens: 4000,
    completion_tokens: 100,
    total_tokens: 4100,
    prompt_tokens_details: { cached_tokens: 0 },
  };
  const model = await startFakeModel(({ messages }) => {
    const last = messages.at(-1);
    const asked = JSON.stringify(last?.content ?? '');
    if (last?.role !== 'tool' && asked.includes('ask by yourself')) {
      return {
        toolCalls: [
          { id: 'c1', name: 'shell', arguments: JSON.stringify({ cmd: byHimself(model.baseUrl) }) },
        ],
        usage,
      };
    }
    const more = Number(/^"(\d+) more"$/.exec(asked)?.[1] ?? 0);
    return { text: ['Here I am.'], usage: { ...usage, prompt_tokens: usage.prompt_tokens + more } };
  });
  onTestFinished(() => model.close());
  const moby = await newMoby({
    OPENAI_API_KEY: 'not-a-key',
    MOBYCLAW_BUDGET_DAY_USD: '5',
    ...OWNER,
  });
  const soul = readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
    .replace('- type: shell', `- type: shell\n        env: { RELAY_KEY: "\${env.MOBYCLAW_MODEL_KEY}" }`)
    .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`);
  writeFileSync(join(moby.home, 'soul.yaml'), soul);
  await moby.cli(['up', '--local']);

  expect((await moby.cli(['run', 'hello'])).code).toBe(0);
  const unpriced = await moby.cli(['run', 'hello']);
  expect(unpriced.code).not.toBe(0);
  expect(unpriced.stderr).toContain('here/test-model has no price');
  expect((await moby.cli(['status'])).stdout).toContain('here/test-model has no price');

  // 4,000 tokens in at $1 for a thousand, 100 out at $2: $4.20 for a call, 84 % of the cap
  writeFileSync(join(moby.home, 'gateway/prices.yaml'), 'models:\n  here/*: { input: 1000, output: 2000 }\n');
  const priced = await usageOf(moby);
  expect(priced.totals).toMatchObject({ turns: 1, costUsd: 4.2, unpricedTurns: 0 });
  expect(priced.budget).toMatchObject({ refuses: 'nothing', day: { share: expect.closeTo(0.84, 6) } });

  expect((await moby.cli(['run', 'hello'])).code).toBe(0);
  const refused = await moby.cli(['run', 'hello']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('$8.40 of the $5.00 for today are spent, so nothing runs until tomorrow.');
  expect((await moby.cli(['status'])).stdout).toMatch(
    /budget +today \$8\.40 of \$5\.00 \(168 %\)\n +\$8\.40 of/,
  );
  expect(model.requests).toHaveLength(2);
  await until(
    'word in the owner’s channel',
    async () => {
      const { stdout } = await moby.cli(['history', 'web:main']);
      return stdout.includes('Budget: $8.40 of the $5.00');
    },
    60_000,
  );

  const lifted = JSON.parse((await moby.cli(['usage', 'lift', '--json'])).stdout);
  expect(Date.parse(lifted.until)).toBeGreaterThan(Date.now());
  expect((await moby.cli(['run', 'hello'])).code).toBe(0);

  // Two calls that no agent reports: what shows nothing is the only turn's that runs, what shows a wrong turn is nobody's.
  expect((await moby.cli(['run', 'ask by yourself'])).code).toBe(0);
  expect(model.requests).toHaveLength(7);
  const { counted } = await until('the last turn to be over', async () => {
    const report = await usageOf(moby);
    return report.counted.ofRunning.calls === 0 && report;
  });
  expect(counted).toMatchObject({
    ofTurns: { calls: 6, tokens: 6 * 4100 + 1, estimatedCalls: 0 },
    ofNone: { calls: 1, tokens: 4100 + 20 },
    refused: 0,
    reportedTokens: 5 * 4100,
    differenceTokens: 4100 + 1,
  });
  const { stdout } = await moby.cli(['usage']);
  expect(stdout).toMatch(/of turns +6 +24,601/);
  expect(stdout).toMatch(/belongs to no turn +1 +4,120/);
}, 300_000);

test('every model that init offers has a price of its own', async () => {
  const prices = new PriceTable(join(temporaryFolder(), 'prices.yaml'), silentLogger);
  await prices.refresh();
  for (const [provider, { models }] of Object.entries(PROVIDERS)) {
    for (const model of models) {
      for (const name of [model, `${provider}/${model}`, `${provider}/${model}-20260101`]) {
        expect([name, prices.price(name)]).toEqual([
          name,
          expect.objectContaining({ input: expect.any(Number) }),
        ]);
      }
    }
  }
});
