/** The budget in the built product, where libraries are loaded from bundles. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@mobyclaw/lib/logger';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { PROVIDERS } from '../../cli/src/init/providers.ts';
import { PriceTable } from '../../gateway/src/budget/prices.ts';
import { type Moby, newMoby } from './moby.ts';

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');
const OWNER = { MOBYCLAW_OWNER_CHANNEL: 'web:main' };

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
  const model = await startFakeModel(() => ({ text: ['Here I am.'], usage }));
  onTestFinished(() => model.close());
  const moby = await newMoby({ OPENAI_API_KEY: 'not-a-key', MOBYCLAW_BUDGET_DAY_USD: '5', ...OWNER });
  const soul = readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
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
