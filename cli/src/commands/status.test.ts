import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';
const UTC = { MOBYCLAW_TZ: 'UTC' };

test('status of a stack that is down exits 1; of a gateway that runs it is shown', async () => {
  const home = temporaryFolder();
  const down = await runCli(['status'], { home, port: 1 });
  expect(down).toEqual({
    code: 1,
    stdout: '',
    stderr: 'mobyclaw: Moby is not running. Start him with ./mobyclaw up\n',
  });
  const api = await startApi(home);
  const status = {
    version: '0.1.0',
    startedAt: AT,
    state: 'ready',
    agent: { reachable: true, engine: 'cagent', version: '1.32.3', generation: 'messages-array', model: 'm' },
    soul: { state: 'rejected', problem: 'soul.yaml line 3: wrong' },
    turns: { running: 1, queued: 2, limit: 16 },
    sessions: 5,
    store: { path: '/x', bytes: 1 },
  };
  const totals = {
    turns: 3,
    inputTokens: 10,
    outputTokens: 20,
    cachedTokens: 0,
    costUsd: 0.5,
    unpricedTurns: 1,
  };
  const period = { spentUsd: 5.2, spentTokens: 30, unpricedModels: [], share: 1.04 };
  const budget = {
    day: { ...period, capUsd: 5 },
    month: period,
    lifted: false,
    refuses: 'everything',
    why: 'Nothing runs until tomorrow.',
  };
  const channel = {
    channel: 'telegram',
    state: 'down',
    since: AT,
    reason: 'no network',
    fatal: false,
    waiting: 2,
    connects: 1,
  };
  const job = {
    id: 'j',
    name: 'tea',
    timeZone: 'UTC',
    session: 'keep',
    misfire: 'once',
    overlap: 'skip',
    retries: 2,
    enabled: true,
    state: 'active',
    runs: 0,
    failures: 0,
    createdAt: AT,
    updatedAt: AT,
  };
  api
    .on('GET /api/status', { body: status })
    .on('GET /api/usage', { body: { since: AT, totals, byModel: [], bySource: [], bySession: [], budget } })
    .on('GET /api/channels', { body: { items: [channel], trouble: [] } })
    .on('GET /api/jobs', { body: { items: [{ ...job, nextRun: '2026-03-02T08:00:00Z' }, job] } });
  const text = await runCli(['status'], { home, port: api.port, env: UTC });
  expect([text.code, text.stderr]).toEqual([0, 'soul.yaml line 3: wrong\n']);
  expect(text.stdout).toMatch(/agent +cagent 1\.32\.3, model m/);
  expect(text.stdout).toContain('3 turns, 10 tokens in, 20 out, $0.50 and 1 turn of unknown price');
  expect(text.stdout).toMatch(
    /budget +today \$5\.20 of \$5\.00 \(104 %\)\n +Nothing runs until tomorrow\.\n/,
  );
  expect(text.stdout).toMatch(
    /telegram +down, 2 to be sent: no network\nnext jobs +2026-03-02 08:00 {2}tea\n/,
  );
  expect(text.stdout).toMatch(/data +\S+, \d+ kB, [\d.]+ GB free/);
  expect(text.stderr).toBe('soul.yaml line 3: wrong\n');
  api.on('GET /api/status', { body: { ...status, soul: { state: 'in-force' } } });
  const well = await runCli(['status'], { home, port: api.port, env: UTC });
  expect(well.stdout).toMatch(/^soul\.yaml +in force$/m);
  api.on('GET /api/status', { body: status });
  const json = await runCli(['status', '--json'], { home, port: api.port });
  expect(JSON.parse(json.stdout)).toMatchObject({
    gateway: status,
    local: null,
    problem: 'soul.yaml line 3: wrong',
  });
});

test('a gateway of another version is named as that, in words and not in those of a schema', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.on('GET /api/status', { body: { version: '9.9.9', state: 'a state of the future' } });
  api.on('GET /api/usage', { body: { totals: 'other' } });
  api.on('GET /api/channels', { body: { items: [] } });
  api.on('GET /api/jobs', { body: { items: [] } });
  const { code, stderr } = await runCli(['status'], { home, port: api.port, env: UTC });
  expect(code).toBe(1);
  expect(stderr).toContain('The running Moby is of another version than this mobyclaw');
  expect(stderr).toContain('./mobyclaw upgrade');
  expect(stderr).not.toMatch(/✖|expected|invalid/i);
});
