import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const HOOK = {
  name: 'push',
  proof: 'github',
  template: 'Review it',
  path: '/hooks/push',
  createdAt: '2026-01-02T03:04:05Z',
};

test('hooks: the secret alone goes to stdout, once; list, test and remove say what they did', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api
    .on('POST /api/hooks', { status: 201, body: { ...HOOK, secret: 's3cret' } })
    .on('GET /api/hooks', { body: { items: [HOOK] } })
    .on('POST /api/hooks/push/test', { status: 202, body: { turn: '019a' } })
    .on('GET /api/hooks/push', { body: HOOK })
    .on('DELETE /api/hooks/push', { status: 204 });
  const at = { home, port: api.port, env: { MOBYCLAW_TZ: 'UTC' } };

  const added = await runCli(['hooks', 'add', 'push', '--proof', 'github', '--template', 'Review it'], at);
  expect([added.code, added.stdout]).toEqual([0, 's3cret\n']);
  expect(api.seen.at(-1)?.body).toEqual({ name: 'push', proof: 'github', template: 'Review it' });
  const listed = await runCli(['hooks'], at);
  expect(listed.stdout).toMatch(/\/hooks\/push +github +its answer +- +never/);
  const tried = await runCli(['hooks', 'test', 'push', '--payload', '{"a":1}'], at);
  expect(tried.stderr).toContain('Turn 019a has begun');
  expect(api.seen.at(-1)?.body).toEqual({ payload: { a: 1 } });
  expect((await runCli(['hooks', 'remove', 'push'], at)).stderr).toContain('closed');
  const removed = await runCli(['hooks', 'remove', 'push', '--json'], at);
  expect([removed.stderr, JSON.parse(removed.stdout)]).toEqual(['', HOOK]);
  const asked = await runCli(['hooks', 'test', 'push', '--json'], at);
  expect([asked.stderr, JSON.parse(asked.stdout)]).toEqual(['', { turn: '019a' }]);

  const events = ['--proof', 'github', '--events', 'push, pull_request'];
  expect((await runCli(['hooks', 'add', 'push', ...events], at)).code).toBe(0);
  expect(api.seen.at(-1)?.body).toEqual({ name: 'push', proof: 'github', events: ['push', 'pull_request'] });
  const bearer = await runCli(['hooks', 'add', 'push', '--events', 'push'], at);
  expect([bearer.code, bearer.stderr]).toEqual([2, expect.stringContaining('only GitHub')]);

  expect((await runCli(['hooks', 'add', 'push', '--trusted'], at)).code).toBe(0);
  expect(api.seen.at(-1)?.body).toEqual({ name: 'push', proof: 'bearer', trusted: true });

  expect((await runCli(['hooks', 'add', 'Not A Name'], at)).code).toBe(2);
  const kind = await runCli(['hooks', 'add', 'push', '--proof', 'magic'], at);
  expect([kind.code, kind.stderr]).toEqual([
    2,
    expect.stringContaining('--proof: write github, standard or bearer.'),
  ]);
  const open = await runCli(['hooks', 'add', 'push', '--template', 'x {{'], at);
  expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('--template: a {{ is not closed')]);
  expect(kind.stderr + open.stderr).not.toMatch(/✖|→/);
  expect((await runCli(['hooks', 'test', 'push', '--payload', '{'], at)).code).toBe(2);
});

test('show: what it asks, of whom it takes what, where answers go, and the last deliveries', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const delivery = { receivedAt: '2026-01-02T03:04:05Z', event: 'push', turn: '019a', state: 'done' };
  const detail = {
    ...HOOK,
    target: 'cli:main',
    trusted: true,
    events: ['push'],
    session: 'keep',
    deliveries: [delivery],
  };
  api.on('GET /api/hooks/push', { body: detail });
  const at = { home, port: api.port, env: { MOBYCLAW_TZ: 'Asia/Kolkata' } };
  const { stdout } = await runCli(['hooks', 'show', 'push'], at);
  expect(stdout).toMatch(/^template +Review it$/m);
  expect(stdout).toMatch(/^answer to +cli:main \(where schedules go\)$/m);
  expect(stdout).toMatch(/^events +push$/m);
  expect(stdout).toMatch(/^reach +yours: shell, files, memory, all chats/m);
  expect(stdout).toMatch(/^conversation +keep$/m);
  expect(stdout).toMatch(/^2026-01-02 08:34 +push +done +019a$/m);
  expect(JSON.parse((await runCli(['hooks', 'show', 'push', '--json'], at)).stdout)).toEqual(detail);
});
