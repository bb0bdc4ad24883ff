import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { serviceFor } from './unit.ts';

const SETUP = {
  launcher: '/opt/a "b" $c 50%/mobyclaw',
  home: '/home/alice/.mobyclaw',
  logs: '/home/alice/.mobyclaw/logs',
  environment: { PATH: '/usr/bin:/home/alice/my bin', MOBYCLAW_HOME: '/home/alice/.mobyclaw' },
};

test('the systemd unit starts what ran last, stops in order, and means its paths literally', () => {
  const unit = serviceFor('linux', SETUP, { HOME: '/home/alice' });
  expect(unit.file).toBe('/home/alice/.config/systemd/user/mobyclaw.service');
  expect(unit.text).toContain('ExecStart="/opt/a \\"b\\" $$c 50%%/mobyclaw" service start\n');
  expect(unit.text).toContain('ExecStop="/opt/a \\"b\\" $$c 50%%/mobyclaw" down\n');
  expect(unit.text).toContain('Environment="PATH=/usr/bin:/home/alice/my bin"\n');
  expect(unit.text).toMatch(/Type=oneshot\nRemainAfterExit=yes\n/);
  const other = serviceFor('linux', { ...SETUP, home: '/srv/second' }, { HOME: '/home/alice' });
  expect(other.name).toMatch(/^mobyclaw-[0-9a-f]{8}\.service$/);
});

test.skipIf(!existsSync('/usr/bin/systemd-analyze'))('systemd itself finds no fault in the unit', () => {
  const folder = temporaryFolder();
  const launcher = join(folder, 'check out 100%', 'mobyclaw');
  mkdirSync(dirname(launcher));
  writeFileSync(launcher, '#!/bin/sh\n', { mode: 0o755 });
  const { name, text } = serviceFor('linux', { ...SETUP, launcher }, { HOME: '/home/alice' });
  writeFileSync(join(folder, name), text);
  const env = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, SYSTEMD_LOG_LEVEL: 'warning' };
  const said = execFileSync('systemd-analyze', ['--user', 'verify', join(folder, name)], {
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  expect(said).toBe('');
});

test('the launchd agent leaves the background process alone, and means its paths literally', () => {
  const agent = serviceFor('darwin', { ...SETUP, launcher: '/Users/a & b/mobyclaw' }, { HOME: '/Users/a' });
  expect(agent.file).toMatch(/^\/Users\/a\/Library\/LaunchAgents\/mobyclaw-[0-9a-f]{8}\.plist$/);
  expect(agent.text).toContain(
    '<array><string>/Users/a &amp; b/mobyclaw</string><string>service</string><string>start</string></array>',
  );
  expect(agent.text).toContain('<key>AbandonProcessGroup</key><true/>');
  expect(agent.text).toContain('<key>PATH</key><string>/usr/bin:/home/alice/my bin</string>');
  expect(agent.text).toContain(
    '<key>StandardErrorPath</key><string>/home/alice/.mobyclaw/logs/service.log</string>',
  );
});

test.skipIf(process.platform !== 'linux')(
  'install, status and remove, with a systemctl that notes its calls',
  async () => {
    const home = temporaryFolder();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho "$@" >> '${home}/calls'\n`, { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env.PATH}`, ANTHROPIC_API_KEY: 'sk-secret' };
    const service = (...args: string[]) => runCli(['service', ...args], { home, port: 3999, env });
    expect(await service()).toMatchObject({ code: 1, stdout: expect.stringContaining('service install') });
    const installed = await service('install');
    expect(installed).toMatchObject({ code: 0, stderr: expect.stringContaining('enable-linger') });
    expect(installed.stderr).toContain('not there after a reboot: ANTHROPIC_API_KEY.');
    const [file = ''] = installed.stdout.split(' ');
    const unit = readFileSync(file, 'utf8');
    expect(unit).toContain(`Environment="MOBYCLAW_HOME=${home}"`);
    expect(unit).not.toContain('sk-secret');
    expect(await service('status')).toMatchObject({ code: 0, stdout: expect.stringContaining('in force') });
    expect(await service('remove')).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(false);
    const calls = readFileSync(join(home, 'calls'), 'utf8');
    expect(calls).toMatch(
      /--user daemon-reload\n--user enable (\S+)\n--user --quiet is-enabled \1\n--user disable \1\n/,
    );
  },
);

test.skipIf(process.platform !== 'linux')('without a systemd to talk to it says what to type', async () => {
  const home = temporaryFolder();
  const { code, stderr } = await runCli(['service', 'install'], { home, env: { PATH: '/nonexistent' } });
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /systemctl is not there.*Type:\n {2}systemctl --user daemon-reload\n {2}systemctl --user enable/s,
  );
});
