/** What egress counted beside what the agent reported. */
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { CallSums } from '@mobyclaw/protocol/egress';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import { PriceTable } from './prices.ts';
import { Pricing } from './pricing.ts';
import { usageReport } from './usage-report.ts';

const NOTHING = {
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  costUsd: 0,
  unpricedCalls: 0,
  estimatedCalls: 0,
};

function world(sums: CallSums | null) {
  const folder = temporaryFolder();
  const store = new Store(join(folder, 'gateway.db'));
  onTestFinished(() => store.close());
  const { turns } = store;
  const ended = (id: string, model: string, inputTokens: number, finishedAt: number): void => {
    const said = { sender: 'owner', prompt: 'p', attachments: [], queueMode: null, createdAt: 0 };
    turns.insert({ id, session: 'api:a', source: 'api', ...said });
    const usage = { model, inputTokens, outputTokens: 10 };
    turns.finish(id, { state: 'done', finishedAt, answer: '', error: null, usage });
  };
  const prices = new PriceTable(join(folder, 'prices.yaml'), silentLogger);
  const pricing = new Pricing({ store, prices, clock: new ManualClock(), logger: silentLogger });
  const asked: number[] = [];
  const calls = async (since: number) => {
    asked.push(since);
    return sums;
  };
  return {
    ended,
    asked,
    report: () => usageReport({ store, pricing, budget: null, egress: { calls } }, 100),
  };
}

test('the difference is between what was counted of turns and what they reported in the same time', async () => {
  const { ended, asked, report } = world({
    since: new Date(200).toISOString(), // egress counts since then
    ofTurns: { ...NOTHING, calls: 3, inputTokens: 1040, outputTokens: 30 },
    ofRunning: { ...NOTHING, calls: 1, inputTokens: 7 },
    ofNone: { ...NOTHING, calls: 2, inputTokens: 50, costUsd: 0.5 },
    refused: 4,
  });
  ended('before', 'p/m', 9000, 150);
  ended('one', 'p/m', 500, 200);
  ended('two', 'p/m', 500, 300);
  ended('offline', 'offline/offline', 77, 300); // nobody was asked, so nobody counted
  const { counted } = await report();
  expect(asked).toEqual([100]);
  expect(counted).toEqual({
    since: new Date(200).toISOString(),
    ofTurns: { calls: 3, tokens: 1070, costUsd: 0, unpricedCalls: 0, estimatedCalls: 0 },
    ofRunning: { calls: 1, tokens: 7, costUsd: 0, unpricedCalls: 0, estimatedCalls: 0 },
    ofNone: { calls: 2, tokens: 50, costUsd: 0.5, unpricedCalls: 0, estimatedCalls: 0 },
    refused: 4,
    reportedTokens: 1020,
    differenceTokens: 50,
  });
});

test('where egress does not answer, the report is without it', async () => {
  const { ended, report } = world(null);
  ended('one', 'p/m', 500, 200);
  const { counted, totals } = await report();
  expect(counted).toBeUndefined();
  expect(totals.inputTokens).toBe(500);
});
