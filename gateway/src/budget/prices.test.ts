import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { PriceTable } from './prices.ts';

const MILLION_IN = { inputTokens: 1_000_000, outputTokens: 0 };

async function tableOf(models: Record<string, number>): Promise<PriceTable> {
  const path = join(temporaryFolder(), 'prices.yaml');
  const lines = Object.entries(models).map(([name, input]) => `  "${name}": { input: ${input}, output: 0 }`);
  if (lines.length > 0) writeFileSync(path, `models:\n${lines.join('\n')}\n`);
  const table = new PriceTable(path, silentLogger);
  await table.refresh();
  return table;
}

test.each([
  ['its whole name', 'x/m', 'x/m', 7],
  ['a pattern without a provider', 'm', 'x/m', 7],
  ['a model that is named without its provider', 'x/m', 'm', 7],
  ['a model whose own name has a slash', 'router/x/m', 'x/m', 7],
  ['a release of it', 'x/m-20*', 'x/m-20260101', 7],
  ['all models of a provider', 'local/*', 'local/m', 7],
  ['any model', '*', 'x/m', 7],
  ['another provider', 'x/m', 'y/m', null],
  ['a provider’s, where nobody says whose model it is', 'local/*', 'm', null],
  ['a longer name', 'm', 'm-pro', null],
  ['what a dot would match', 'gpt-4.1', 'gpt-4x1', null],
])('%s', async (_, pattern, model, cost) => {
  expect((await tableOf({ [pattern]: 7 })).cost(model, MILLION_IN)).toBe(cost);
});

test('public prices stand behind the owner’s; what is in neither has none', async () => {
  const plain = await tableOf({});
  expect(plain.cost('anthropic/claude-sonnet-4-5-20250929', MILLION_IN)).toBe(3);
  expect(plain.cost('gpt-5-mini', MILLION_IN)).toBe(0.25);
  expect(plain.cost('gpt-5-pro', MILLION_IN)).toBeNull();
  expect(plain.cost('offline', MILLION_IN)).toBe(0);
  expect((await tableOf({ 'gpt-5-mini': 9 })).cost('openai/gpt-5-mini', MILLION_IN)).toBe(9);
});

test('what is read from the cache and written to it has its own price, and counts once', async () => {
  const table = await tableOf({});
  const count = {
    inputTokens: 1_000_000,
    outputTokens: 100_000,
    cachedTokens: 400_000,
    cacheWriteTokens: 200_000,
  };
  // 0.4 M fresh at $3, 0.4 M read at $0.30, 0.2 M written at $3.75, 0.1 M out at $15
  expect(table.cost('anthropic/claude-sonnet-4-5', count)).toBeCloseTo(1.2 + 0.12 + 0.75 + 1.5, 10);
});

test('an edit counts at the next look; a broken file prices nothing until it is mended or gone', async () => {
  const path = join(temporaryFolder(), 'prices.yaml');
  const table = new PriceTable(path, silentLogger);
  expect([await table.refresh(), await table.refresh()]).toEqual([true, false]);
  writeFileSync(path, 'models: { x: { input: 1, output: 1 } }');
  expect(await table.refresh()).toBe(true);
  expect(table.cost('x', MILLION_IN)).toBe(1);
  writeFileSync(path, 'models: { x: { input: cheap, output: 1 } }');
  await table.refresh();
  expect([table.cost('x', MILLION_IN), table.cost('gpt-5', MILLION_IN)]).toEqual([null, null]);
  expect(table.problem).toContain('prices.yaml cannot be read');
  rmSync(path);
  await table.refresh();
  expect([table.problem, table.cost('gpt-5', MILLION_IN)]).toEqual([null, 1.25]);
});
