import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { openInside } from './open-inside.ts';

/** A root with a file in it, beside a secret of this machine. */
function world() {
  const machine = temporaryFolder();
  const root = join(machine, 'root');
  mkdirSync(join(root, 'home/me'), { recursive: true });
  writeFileSync(join(machine, 'secret'), 'secret');
  writeFileSync(join(root, 'home/me/letter'), 'letter');
  const read = async (path: string): Promise<string | null> => {
    const file = await openInside(root, path);
    try {
      return file && (await file.readFile('utf8'));
    } finally {
      await file?.close();
    }
  };
  return { machine, root, read };
}

test('a file is found by its path, by links that stay inside, and by a name that is spelled otherwise', async () => {
  const { root, read } = world();
  symlinkSync('/home/me', join(root, 'absolute'));
  symlinkSync('me/letter', join(root, 'home/relative'));
  symlinkSync('../../home/./me//letter', join(root, 'home/me/climbing'));
  writeFileSync(join(root, 'home/me/e\u0301'), 'accent');
  for (const path of [
    '/home/me/letter',
    '/absolute/letter',
    '/home/relative',
    '/home/me/climbing',
    '/home/me/../me/letter',
  ])
    expect(await read(path)).toBe('letter');
  expect(await read('/home/me/\u00e9')).toBe('accent');
});

test('a link out of it leads to what has that name inside, which is nothing', async () => {
  const { machine, root, read } = world();
  symlinkSync(join(machine, 'secret'), join(root, 'home/me/absolute'));
  symlinkSync('../../../secret', join(root, 'home/me/climbing'));
  symlinkSync(machine, join(root, 'home/me/folder'));
  symlinkSync('loop', join(root, 'home/me/loop'));
  for (const path of [
    '/home/me/absolute',
    '/home/me/climbing',
    '/home/me/folder/secret',
    '/home/me/loop',
    '/../secret',
    '/home/../../secret',
    '/nothing',
    '/home/me/letter/below',
  ])
    expect(await read(path)).toBeNull();
});
