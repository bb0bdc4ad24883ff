/** What may not be moved, also where only the folders themselves tell it: in a container the owner's paths are not known. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { HeldFolder } from '@mobyclaw/lib/held-folder';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { assertHoldsNone } from './protected-ways.ts';

async function held(path: string): Promise<HeldFolder> {
  const folder = await HeldFolder.root(path);
  onTestFinished(() => folder.close());
  return folder;
}

async function tree() {
  const root = temporaryFolder();
  for (const path of ['around/inner/readable', 'beside/inner'])
    mkdirSync(join(root, path), { recursive: true });
  symlinkSync('../around/inner/readable', join(root, 'beside/link'));
  const readable = await held(join(root, 'around/inner/readable'));
  const is = (names: string) => held(join(root, names));
  return { is, readable: new Map([[readable.id, 'code']]) };
}

test('a folder that holds a read-only workspace, however deep, is known by what is in it', async () => {
  const { is, readable } = await tree();
  for (const path of ['around/inner/readable', 'around/inner', 'around']) {
    await expect(assertHoldsNone(await is(path), readable)).rejects.toThrow(
      /workspace code, which is read-only/,
    );
  }
});

test('one that holds none, or a link to it alone, may be moved', async () => {
  const { is, readable } = await tree();
  await expect(assertHoldsNone(await is('beside'), readable)).resolves.toBeUndefined();
  await expect(assertHoldsNone(await is('around'), new Map())).resolves.toBeUndefined();
});

test('one that is too deep to see is not moved, unless there is nothing to look for', async () => {
  const { readable } = await tree();
  const deep = temporaryFolder();
  mkdirSync(join(deep, 'd/'.repeat(205)), { recursive: true });
  await expect(assertHoldsNone(await held(deep), readable)).rejects.toThrow(/too large to see/);
  await expect(assertHoldsNone(await held(deep), new Map())).resolves.toBeUndefined();
});
