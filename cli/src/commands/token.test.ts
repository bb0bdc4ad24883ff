import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';
const UTC = { MOBYCLAW_TZ: 'UTC' };

test('token: the secret alone goes to stdout, once', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const view = { id: '1', name: 'phone', scope: 'read', createdAt: AT };
  api.on('POST /api/tokens', ({ body }) => ({
    status: 201,
    body: { ...view, ...(body as object), token: 'moby_secret' },
  }));
  api.on('GET /api/tokens', { body: { items: [view] } }).on('DELETE /api/tokens/1', { status: 204 });
  const at = { home, port: api.port, env: UTC };
  const made = await runCli(['token', 'create', 'phone', '--scope', 'hook:ci'], at);
  expect(made).toMatchObject({ code: 0, stdout: 'moby_secret\n' });
  expect(api.seen.at(-1)?.body).toEqual({ name: 'phone', scope: 'hook:ci' });
  expect((await runCli(['token', 'list'], at)).stdout).toMatch(/1 +phone +read +2026-01-02 03:04 +never/);
  expect((await runCli(['token', 'revoke', '1'], at)).code).toBe(0);
  expect((await runCli(['token', 'create', 'x', '--scope', 'root'], at)).code).toBe(2);
});
