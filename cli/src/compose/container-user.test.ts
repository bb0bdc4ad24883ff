import { chownSync, linkSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { prepareContainerUser } from './container-user.ts';

const asRoot = test.runIf(process.getuid?.() === 0);

test('the folders to mount are made, private; rootless Docker maps root to the owner', async () => {
  const home = join(temporaryFolder(), 'new');
  expect(await prepareContainerUser(home, true)).toEqual({ uid: 0, gid: 0 });
  for (const folder of ['', 'agent', 'sessions', 'gateway'])
    expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
});

asRoot('the owner of the data directory, whoever runs this; never root', async () => {
  const home = temporaryFolder();
  chownSync(home, 4711, 4712);
  expect(await prepareContainerUser(home, false)).toEqual({ uid: 4711, gid: 4712 });
  expect(statSync(join(home, 'gateway')).uid).toBe(4711);
  const own = temporaryFolder();
  writeFileSync(join(own, 'soul.yaml'), '');
  expect(await prepareContainerUser(own, false)).toEqual({ uid: 1000, gid: 1000 });
  expect(statSync(join(own, 'soul.yaml')).uid).toBe(1000);
});

asRoot('all of it, deep in sessions too, and nothing that is linked to, by either kind of link', async () => {
  const home = temporaryFolder();
  const outside = temporaryFolder();
  for (const name of ['secret', 'hard']) writeFileSync(join(outside, name), '');
  symlinkSync(join(outside, 'secret'), join(home, 'link'));
  mkdirSync(join(home, 'sessions/work/deep'), { recursive: true });
  writeFileSync(join(home, 'sessions/work/deep/file'), '');
  symlinkSync(outside, join(home, 'sessions/work/way-out'));
  linkSync(join(outside, 'hard'), join(home, 'sessions/work/hard'));
  await prepareContainerUser(home, false);
  expect(statSync(join(home, 'sessions/work/deep/file')).uid).toBe(1000);
  expect(lstatSync(join(home, 'sessions/work/way-out')).uid).toBe(1000);
  for (const name of ['', 'secret', 'hard']) expect(statSync(join(outside, name)).uid).toBe(0);
});
