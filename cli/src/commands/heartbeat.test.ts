import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { problem, startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05.000Z';
const BEAT = { slot: AT, trigger: 'schedule', state: 'ended', outcome: 'unchanged', startedAt: AT };
const VIEW = {
  state: 'on',
  intervalMs: 1_800_000,
  activeHours: '08:00-23:00',
  timeZone: 'Asia/Kolkata',
  nextAt: '2999-01-01T00:00:00Z',
  failures: 2,
  model: 'small-1',
  beats: [
    { ...BEAT, detail: 'Nothing has changed, and nothing is due.' },
    {
      ...BEAT,
      outcome: 'quiet',
      why: 'the memory had changed',
      detail: 'There was nothing to say.',
      usage: { inputTokens: 900, outputTokens: 100, model: 'small-1', costUsd: 0.02 },
    },
    { ...BEAT, outcome: 'quiet', usage: { inputTokens: 9, outputTokens: 1, model: 'small-1' } },
  ],
};

async function heartbeat() {
  const home = temporaryFolder();
  const api = await startApi(home);
  const at = { home, port: api.port, env: { MOBYCLAW_TZ: 'Asia/Kolkata' } };
  return { api, cli: (...args: string[]) => runCli(['heartbeat', ...args], at) };
}

test('status: its rhythm, the next beat in the owner’s zone, why the last was silent', async () => {
  const { api, cli } = await heartbeat();
  api.on('GET /api/heartbeat', { body: VIEW });
  const { code, stdout } = await cli();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^heartbeat +on, every 30 min, 08:00-23:00 in Asia\/Kolkata$/m);
  expect(stdout).toMatch(/^next +2999-01-01 05:30, in \d+ d/m);
  expect(stdout).toMatch(/^failures +2 in a row/m);
  expect(stdout).toMatch(
    /^2026-01-02 08:34 .* ago +on time +nothing new, not asked +- +- +- +Nothing has changed/m,
  );
  expect(stdout).toMatch(/^model +small-1 /m);
  expect(stdout).toMatch(
    /on time: the memory had changed +asked, nothing to say +small-1 +1,?000 +\$0\.02 +There was nothing to say\.$/m,
  );
  expect(stdout).toMatch(/ago +on time +asked, nothing to say +small-1 +10 +unknown$/m);
  api.on('GET /api/heartbeat', { body: { ...VIEW, state: 'off', nextAt: undefined, beats: [] } });
  expect((await cli('status')).stdout).toContain('off (MOBYCLAW_HEARTBEAT_INTERVAL)');
  expect((await cli('status', '-n', 'x')).code).toBe(2);
});

test('now: waits for what the beat finds; the finding alone goes to stdout', async () => {
  const { api, cli } = await heartbeat();
  const asking = { ...BEAT, trigger: 'manual', state: 'asking', outcome: undefined };
  let looks = 0;
  api.on('POST /api/heartbeat/run', { status: 202, body: asking }).on('GET /api/heartbeat', () => {
    looks++;
    const ended = { ...asking, state: 'ended', outcome: 'found', text: 'The milk is sour.' };
    return { body: { ...VIEW, beats: [looks < 2 ? asking : ended, BEAT] } };
  });
  expect(await cli('now')).toEqual({ code: 0, stdout: 'The milk is sour.\n', stderr: 'told you\n' });
  expect(looks).toBe(2);
  api.on('POST /api/heartbeat/run', problem(409, 'conflict', 'A heartbeat is under way.'));
  expect(await cli('now')).toMatchObject({ code: 1, stderr: 'mobyclaw: A heartbeat is under way.\n' });
});

test('now: exits with 1 where the budget refuses the beat', async () => {
  const { api, cli } = await heartbeat();
  const refused = { ...BEAT, trigger: 'manual', outcome: 'refused', detail: 'Nothing is left for today.' };
  api.on('POST /api/heartbeat/run', { status: 202, body: refused });
  const stderr = 'no budget: Nothing is left for today.\n';
  expect(await cli('now')).toEqual({ code: 1, stdout: '', stderr });
  expect(await cli('now', '--json')).toMatchObject({ code: 1, stderr: '' });
});
