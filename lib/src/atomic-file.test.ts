import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { createFile, writeFileAtomic } from './atomic-file.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a file is made once, with its mode; one that is there is left as it is', async () => {
  const path = join(temporaryFolder(), 'token');
  expect(await createFile(path, 'one')).toBe(true);
  expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['one', 0o600]);
  expect(await createFile(path, 'two', 0o644)).toBe(false);
  expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['one', 0o600]);
});

test('a file that cannot be made is an error, and not one that is there', async () => {
  const folder = temporaryFolder();
  await expect(createFile(join(folder, 'nowhere/token'), 'one')).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(join(folder, 'file'), '');
  await expect(createFile(join(folder, 'file/token'), 'one')).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a file is replaced whole, or it stays, and no temporary file does', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a.json');
  await writeFileAtomic(path, 'one');
  await writeFileAtomic(path, 'two', { mode: 0o640 });
  expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['two', 0o640]);
  const refused = async (): Promise<never> => {
    throw new Error('no');
  };
  await expect(writeFileAtomic(path, 'three', { prepare: refused })).rejects.toThrow('no');
  const beforeRename = (): never => {
    throw new Error('changed meanwhile');
  };
  await expect(writeFileAtomic(path, 'three', { beforeRename })).rejects.toThrow('changed meanwhile');
  mkdirSync(join(folder, 'full/of'), { recursive: true });
  await expect(writeFileAtomic(join(folder, 'full'), 'x')).rejects.toMatchObject({ code: 'EISDIR' });
  expect([readFileSync(path, 'utf8'), readdirSync(folder).toSorted()]).toEqual(['two', ['a.json', 'full']]);
});
