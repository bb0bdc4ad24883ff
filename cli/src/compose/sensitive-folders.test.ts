import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { isMeant, sensitivity } from './sensitive-folders.ts';

function owner() {
  const home = join(temporaryFolder(), 'me');
  for (const path of ['.ssh', '.config/x', 'bin', 'projects/app/.git/hooks', 'notes', 'with.dot/.hidden'])
    mkdirSync(join(home, path), { recursive: true });
  symlinkSync(join(home, '.ssh'), join(home, 'innocent'));
  return { home, of: (path: string) => sensitivity(join(home, path), { HOME: home }) };
}

test.each([
  ['', 'your home folder'],
  ['.ssh', '~/.ssh'],
  ['.config/x', '~/.config'],
  ['bin', '~/bin'],
  ['innocent', '~/.ssh'],
  ['projects/app/.git/hooks', 'the inside of a repository'],
])('~/%s is named for what it is', async (path, what) => {
  expect(await owner().of(path)).toContain(what);
});

test('so are folders around a home, and those of the machine', async () => {
  const { home } = owner();
  const env = { HOME: home };
  expect(await sensitivity(dirname(home), env)).toContain('around your home folder');
  for (const path of ['/', '/etc', '/usr/lib', '/mnt', '/root/x'])
    expect(await sensitivity(path, env), path).not.toBeNull();
});

test.each(['notes', 'projects', 'projects/app', 'with.dot/.hidden'])(
  '~/%s is a folder like any other',
  async (path) => {
    expect(await owner().of(path)).toBeNull();
  },
);

test("root's own folders are no more sensitive than anybody's", async () => {
  expect(await sensitivity('/root/notes', { HOME: '/root' })).toBeNull();
});

test('on a terminal the owner is asked, once, and may say no', async () => {
  const { home } = owner();
  const asked: string[] = [];
  const ask = (answer: boolean) => ({
    yes: (message: string) => {
      asked.push(message);
      return Promise.resolve(answer);
    },
  });
  const meant = (path: string, said: boolean, answer: boolean) =>
    isMeant(join(home, path), { HOME: home }, said, ask(answer));
  expect([await meant('.ssh', false, false), await meant('.ssh', false, true)]).toEqual([false, true]);
  expect([await meant('.ssh', true, false), await meant('notes', false, false)]).toEqual([true, true]);
  expect(asked).toEqual(Array(2).fill(expect.stringContaining('Give it to Moby all the same?')));
});
