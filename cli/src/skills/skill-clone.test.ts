import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { cloneInto } from './skill-clone.ts';

test('a repository that is larger than may be is given up, one that is not is fetched', async () => {
  const repository = temporaryFolder();
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
  git('init', '-q');
  writeFileSync(join(repository, 'large.bin'), randomBytes(300_000));
  git('add', '-A');
  git('commit', '-qm', 'x');
  const env = { PATH: process.env.PATH };
  const fetched = (most: number) =>
    cloneInto(join(temporaryFolder(), 'to'), `file://${repository}`, env, most);
  await expect(fetched(500_000)).rejects.toThrow(/is larger than 0\.5 MB, so it was not fetched/);
  const to = join(temporaryFolder(), 'to');
  await cloneInto(to, `file://${repository}`, env, 2_000_000);
  expect(existsSync(join(to, 'large.bin'))).toBe(true);
}, 60_000);
