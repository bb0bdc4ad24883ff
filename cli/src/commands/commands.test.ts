/** What holds for every command: help, settings, the gateway behind it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

test('version and help', async () => {
  const home = temporaryFolder();
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  for (const args of [['--version'], ['-V'], ['version']]) {
    expect(await runCli(args, { home })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  }
  for (const args of [[], ['--help'], ['help'], ['help', 'run'], ['run', '--help']]) {
    const { code, stdout } = await runCli(args, { home });
    expect(code, args.join(' ')).toBe(0);
    expect(stdout).toContain('Usage: mobyclaw');
  }
  const wrong = await runCli(['chta'], { home });
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('Did you mean chat?');
});

test('a wrong setting ends every command that reads settings, with 2', async () => {
  const result = await runCli(['status'], { home: temporaryFolder(), env: { MOBYCLAW_PORT: 'x' } });
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain('MOBYCLAW_PORT (environment): is not a whole number');
});

test('a wrong token, or another program on the port, is told apart from a stack that is down', async () => {
  const home = temporaryFolder();
  const api = await startApi();
  mkdirSync(join(home, 'gateway'));
  writeFileSync(join(home, 'gateway/cli-token'), 'old');
  const wrong = await runCli(['sessions'], { home, port: api.port });
  expect(wrong.stderr).toMatch(/The token is not valid\..*\.\/mobyclaw doctor/s);
  api.refuseNext = [{ status: 501, body: '<html>', contentType: 'text/html' }];
  expect((await runCli(['sessions'], { home, port: api.port })).stderr).toContain(
    'Another program may use its port',
  );
});

test('a subject alone shows what there is of it: the first thing that everybody asks', async () => {
  const home = temporaryFolder();
  const api = await startApi();
  const asked = async (...args: string[]) => {
    const before = api.seen.length;
    const { code, stdout, stderr } = await runCli(args, { home, port: api.port });
    return { code, stdout, stderr, requests: api.seen.slice(before) };
  };
  const subjects = [
    'questions',
    'memory',
    'sessions',
    'token',
    'usage',
    'channels',
    'cron',
    'heartbeat',
    'hooks',
    'workspace',
    'service',
  ];
  for (const subject of subjects) {
    const first = ['memory', 'usage'].includes(subject)
      ? 'show'
      : ['heartbeat', 'service'].includes(subject)
        ? 'status'
        : 'list';
    expect(await asked(subject), subject).toEqual(await asked(subject, first));
    expect((await asked(subject)).stderr, subject).not.toContain('Usage:');
  }
});
