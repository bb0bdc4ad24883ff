/** The time zone of the machine, as processes see it that are begun with another TZ. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { runCli } from './testing/run-cli.ts';

async function zoneWith(TZ: string): Promise<{ zone: string | undefined; stderr: string }> {
  const env = { TZ, PATH: '/nonexistent' };
  const { stdout, stderr } = await runCli(['doctor', '--json'], { home: temporaryFolder(), env });
  const { settings } = stdout === '' ? { settings: [] } : JSON.parse(stdout);
  return {
    zone: settings.find(({ name }: { name: string }) => name === 'MOBYCLAW_TZ')?.value,
    stderr,
  };
}

test('TZ may be a path, as systems have it', async () => {
  const folder = temporaryFolder();
  for (const name of ['localtime', 'localtime7']) {
    const link = join(folder, name);
    symlinkSync('/usr/share/zoneinfo/Europe/Berlin', link);
    expect(await zoneWith(`:${link}`)).toMatchObject({ zone: 'Europe/Berlin' });
    expect(await zoneWith(link)).toMatchObject({ zone: 'Europe/Berlin' });
  }
});

test('a TZ that names nothing is named, and not a setting that nobody made', async () => {
  const { zone, stderr } = await zoneWith('Mars/Olympus');
  expect(zone).toBeUndefined();
  expect(stderr).toMatch(/TZ \(environment\): "Mars\/Olympus" names no time zone.*MOBYCLAW_TZ=/);
  expect(stderr).not.toMatch(/MOBYCLAW_TZ \(/);
});
