import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const PERIOD = { spentUsd: 1.5, spentTokens: 1_234_567, unpricedModels: [], share: 0.3 };
const GROUP = { name: 'cli', turns: 2, tokens: 1_234_567, costUsd: 1.5, unpricedTurns: 1 };
const TOTALS = {
  turns: 2,
  inputTokens: 1_200_000,
  outputTokens: 34_567,
  cachedTokens: 0,
  costUsd: 1.5,
  unpricedTurns: 1,
};
const REPORT = {
  since: '2026-01-01T00:00:00Z',
  totals: TOTALS,
  byModel: [
    { model: 'x/y', turns: 1, inputTokens: 1000, outputTokens: 200, costUsd: null, unpricedTurns: 1 },
    { model: 'x/z', turns: 1, inputTokens: 1_200_000, outputTokens: 33_367, costUsd: 1.5, unpricedTurns: 0 },
  ],
  bySource: [GROUP],
  bySession: [{ ...GROUP, name: 'cli:main' }],
};

async function world(budget?: object) {
  const home = temporaryFolder();
  const api = await startApi(home);
  api
    .on('GET /api/usage', { body: { ...REPORT, ...(budget && { budget }) } })
    .on('POST /api/usage/lift', { body: { until: '2026-01-03T00:00:00Z' } });
  return { home, port: api.port, env: { MOBYCLAW_TZ: 'UTC' } };
}

test('usage: by model, trigger and conversation, readable, with the models that have no price', async () => {
  const at = await world({ day: { ...PERIOD, capUsd: 5 }, month: PERIOD, lifted: false, refuses: 'nothing' });
  const { code, stdout } = await runCli(['usage'], at);
  expect(code).toBe(0);
  expect(stdout).toMatch(/x\/y +1 +1,200 +unknown/);
  expect(stdout).toMatch(/x\/z +1 +1\.2 M +\$1\.50/);
  expect(stdout).toMatch(/cli:main +2 +1\.2 M +\$1\.50 and 1 turn of unknown price/);
  expect(stdout).toContain(
    'Together: 2 turns, 1.2 M tokens in, 34,567 out, $1.50 and 1 turn of unknown price',
  );
  expect(stdout).toContain('x/y has no known price; gateway/prices.yaml');
  expect(stdout).toContain('Budget today: $1.50 of $5.00 (30 %)');
  expect(stdout).toContain('Budget this month: no cap');
  expect((await runCli(['usage', '--days', 'x'], at)).code).toBe(2);
});

test('usage says that he refuses, and why', async () => {
  const why = '$5.00 of the $5.00 for today are spent, so nothing runs until tomorrow.';
  const at = await world({
    day: { ...PERIOD, capUsd: 5, unpricedModels: ['x/y'] },
    month: PERIOD,
    lifted: false,
    refuses: 'everything',
    why,
  });
  const { stdout } = await runCli(['usage'], at);
  expect(stdout).toContain('Budget today: $1.50 of $5.00 (no price for x/y)');
  expect(stdout).toContain(why);
});

test('lift says until when, for people and for scripts', async () => {
  const at = await world();
  expect((await runCli(['usage', 'lift'], at)).stderr).toContain('2026-01-03');
  const json = await runCli(['usage', 'lift', '--json'], at);
  expect([json.code, JSON.parse(json.stdout)]).toEqual([0, { until: '2026-01-03T00:00:00Z' }]);
});

test('usage shows what was counted on the way beside what the agent reported, and what belongs to no turn', async () => {
  const group = (calls: number, tokens: number) => ({
    calls,
    tokens,
    costUsd: 0.25,
    unpricedCalls: 0,
    estimatedCalls: 0,
  });
  const counted = {
    since: REPORT.since,
    ofTurns: group(12, 20_100),
    ofRunning: group(0, 0),
    ofNone: { ...group(3, 400), estimatedCalls: 1 },
    refused: 2,
    reportedTokens: 20_000,
    differenceTokens: 100,
  };
  const home = temporaryFolder();
  const api = await startApi(home);
  api.on('GET /api/usage', { body: { ...REPORT, counted } });
  const { stdout } = await runCli(['usage'], { home, port: api.port, env: { MOBYCLAW_TZ: 'UTC' } });
  expect(stdout).toMatch(/of turns +12 +20,100 +\$0\.25/);
  expect(stdout).toMatch(/reported by the agent +20,000/);
  expect(stdout).toMatch(/difference \(0\.5 %\) +100/);
  expect(stdout).toMatch(/belongs to no turn +3 +400 +\$0\.25/);
  expect(stdout).not.toContain('of turns that run');
  expect(stdout).toContain('Of 1 call the provider did not say');
  expect(stdout).toContain('The budget refused 2 calls.');
});
