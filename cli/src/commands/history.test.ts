import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { problem, startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';
const UTC = { MOBYCLAW_TZ: 'UTC' };

describe('history', () => {
  const message = { id: 1, session: 'cli:main', turn: 't', role: 'user', text: 'Hello', at: AT };

  test('shows a conversation, oldest first', async () => {
    const home = temporaryFolder();
    const api = await startApi(home);
    const items: object[] = [
      message,
      { ...message, id: 2, role: 'assistant', text: 'Hi Alice', incomplete: true },
    ];
    const sentBy = 'scheduled job "bank"';
    items.push({ ...message, id: 3, role: 'assistant', text: 'Call the bank.', sentBy });
    api.on('GET /api/sessions/cli%3Awork/messages', { body: { items } });
    const { stdout, code } = await runCli(['history', 'work', '-n', '7'], { home, port: api.port, env: UTC });
    expect(stdout).toBe(
      'You 2026-01-02 03:04\nHello\n\nMoby 2026-01-02 03:04 (incomplete)\nHi Alice\n\n' +
        'Moby 2026-01-02 03:04 (by himself: scheduled job "bank")\nCall the bank.\n\n',
    );
    expect(code).toBe(0);
    expect(api.seen.at(-1)?.path).toContain('limit=7');
  });

  test('searches all of them', async () => {
    const home = temporaryFolder();
    const api = await startApi(home);
    const items = [{ ...message, snippet: 'say «Hello» to', score: 1 }];
    api.on('GET /api/history/search', { body: { items } });
    const { stdout } = await runCli(['history', 'search', 'hello', 'you & me'], {
      home,
      port: api.port,
      env: UTC,
    });
    expect(stdout).toBe('2026-01-02 03:04  cli:main  you\n  say «Hello» to\n\n');
    expect(new URL(api.seen.at(-1)?.path ?? '', 'http://x').searchParams.get('q')).toBe('hello you & me');
    api.on('GET /api/history/search', { body: { items, missing: 7 } });
    const early = await runCli(['history', 'search', 'hello'], { home, port: api.port, env: UTC });
    expect(early.stdout).toBe(stdout);
    expect(early.stderr).toContain('7 messages are not searched yet');
  });

  test('of an unknown session says so', async () => {
    const home = temporaryFolder();
    const api = await startApi(home);
    api.on(
      'GET /api/sessions/cli%3Anone/messages',
      problem(404, 'not-found', 'There is no conversation cli:none.'),
    );
    const result = await runCli(['history', 'none'], { home, port: api.port });
    expect(result).toEqual({ code: 1, stdout: '', stderr: 'mobyclaw: There is no conversation cli:none.\n' });
  });
});
