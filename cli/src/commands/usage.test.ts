import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const PERIOD = { spentUsd: 1.5, spentTokens: 1200, unpricedModels: [], share: 0.3 };
const GROUP = { name: 'cli', turns: 2, tokens: 1200, costUsd: 1.5, unpricedTurns: 1 };

test('usage: by model, trigger and conversation, unknown prices said, the budget; lift says until when', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api
    .on('GET /api/usage', {
      body: {
        since: '2026-01-01T00:00:00Z',
        totals: {
          turns: 2,
          inputTokens: 1000,
          outputTokens: 200,
          cachedTokens: 0,
          costUsd: 1.5,
          unpricedTurns: 1,
        },
        byModel: [{ model: 'x/y', turns: 2, inputTokens: 1000, outputTokens: 200, costUsd: null }],
        bySource: [GROUP],
        bySession: [{ ...GROUP, name: 'cli:main' }],
        budget: { day: { ...PERIOD, capUsd: 5 }, month: PERIOD, lifted: false },
      },
    })
    .on('POST /api/usage/lift', { body: { until: '2026-01-03T00:00:00Z' } });
  const at = { home, port: api.port, env: { MOBYCLAW_TZ: 'UTC' } };
  const { code, stdout } = await runCli(['usage'], at);
  expect(code).toBe(0);
  expect(stdout).toMatch(/x\/y +2 +1200 +unknown/);
  expect(stdout).toMatch(/cli:main +2 +1200 +\$1\.50 and 1 turns of unknown price/);
  expect(stdout).toContain('today: $1.50 of $5.00');
  expect(stdout).toContain('this month: no cap');
  expect((await runCli(['usage', 'lift'], at)).stderr).toContain('2026-01-03');
  expect((await runCli(['usage', '--days', 'x'], at)).code).toBe(2);
});
