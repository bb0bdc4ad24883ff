import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';
const UTC = { MOBYCLAW_TZ: 'UTC' };

test('sessions: list, show, reset and stop', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const view = {
    key: 'cli:main',
    state: 'idle',
    queued: 0,
    queueMode: 'followup',
    messages: 3,
    context: { tokens: 4000, window: 8000, share: 0.5, source: 'named' },
    createdAt: AT,
    lastActiveAt: AT,
  };
  api.on('GET /api/sessions', {
    body: {
      items: [
        view,
        {
          ...view,
          key: 'telegram:dm:42',
          state: 'running',
          queued: 2,
          context: { tokens: 6000, window: 8000, share: 0.75, source: 'estimated' },
          lastActiveAt: '2026-02-01T00:00:00Z',
        },
      ],
    },
  });
  api
    .on('POST /api/sessions/cli%3Amain/reset', { body: view })
    .on('POST /api/sessions/cli%3Amain/stop', { body: {} });
  const at = { home, port: api.port, env: UTC };
  const { stdout } = await runCli(['sessions'], at);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['SESSION', 'STATE', 'MESSAGES', 'FULL', 'LAST ACTIVE'],
    ['telegram:dm:42', 'running, 2 waiting', '3', '75 %', '2026-02-01 00:00'],
    ['cli:main', 'idle', '3', '50 %', '2026-01-02 03:04'],
  ]);
  expect(JSON.parse((await runCli(['sessions', 'show', 'main', '--json'], at)).stdout)).toEqual(view);
  expect((await runCli(['sessions', 'show', 'main'], at)).stdout).toContain(
    '50 % full, 4,000 of 8,000 tokens (as you named it)',
  );
  expect((await runCli(['sessions', 'show', 'other'], at)).code).toBe(1);
  expect((await runCli(['sessions', 'reset', 'main'], at)).stderr).toBe(
    'cli:main begins anew with the next message.\n',
  );
  expect((await runCli(['sessions', 'stop', 'main'], at)).code).toBe(0);
});
