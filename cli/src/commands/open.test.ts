import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

async function place() {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.on('POST /api/login/codes', { status: 201, body: { code: 'CODE', expiresAt: '2026-01-02T03:04:05Z' } });
  return { home, port: api.port };
}

test('open --print: the address alone goes to stdout, with the code where no server sees it', async () => {
  const at = await place();
  const { code, stdout } = await runCli(['open', '--print'], at);
  expect([code, stdout]).toEqual([0, `http://127.0.0.1:${at.port}/#login=CODE\n`]);
});

test('open: what opens addresses on this machine gets it; where nothing does, it is printed', async () => {
  const at = await place();
  const bin = join(at.home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > ${at.home}/opened\n`);
  chmodSync(join(bin, 'xdg-open'), 0o755);
  const env = { DISPLAY: ':9', PATH: `${bin}:${process.env.PATH}` };
  const opened = await runCli(['open'], { ...at, env });
  expect([opened.code, opened.stdout]).toEqual([0, '']);
  await until('the browser', async () => {
    try {
      return readFileSync(join(at.home, 'opened'), 'utf8') === `http://127.0.0.1:${at.port}/#login=CODE\n`;
    } catch {
      return false;
    }
  });
  const printed = await runCli(['open'], { ...at, env: { DISPLAY: '', WAYLAND_DISPLAY: '' } });
  expect(printed.stdout).toContain('#login=CODE');
});

test('open --at: the address from elsewhere, and as a code for a phone', async () => {
  const at = await place();
  const { stdout, stderr } = await runCli(['open', '--qr', '--at', 'https://moby.example.org'], at);
  expect(stdout).toBe('https://moby.example.org/#login=CODE\n');
  expect(stderr).toMatch(/[▀▄█]/);
  for (const wrong of [
    ['--qr'],
    ['--at', 'moby'],
    ['--at', 'https://moby.example.org/x'],
    ['--at', 'file:///x'],
  ])
    expect([wrong, (await runCli(['open', ...wrong], at)).code]).toEqual([wrong, 2]);
});
