import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { spelledIn, spelledPath } from './spelling.ts';

const NFC = 'Caf\u00e9 한글'.normalize('NFC');
const NFD = NFC.normalize('NFD');

test.each([
  [NFD, NFC],
  [NFC, NFD],
])('a file named %j is found as %j', async (there, asked) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, there));
  writeFileSync(join(folder, there, `${there}.txt`), '');
  const [entry = ''] = readdirSync(folder);
  expect(await spelledIn(folder, asked)).toBe(entry);
  const [file = ''] = readdirSync(join(folder, entry));
  expect(await spelledPath(join(folder, asked, `${asked}.txt`))).toBe(join(folder, entry, file));
});

test('what is there as it was asked for, and what is not there at all, keeps its name', async () => {
  const folder = temporaryFolder();
  for (const name of [NFC, NFD]) writeFileSync(join(folder, name), '');
  expect(await spelledIn(folder, NFC)).toBe(NFC);
  expect(await spelledIn(folder, NFD)).toBe(NFD);
  expect(await spelledIn(folder, 'é')).toBe('é');
  expect(await spelledPath(join(folder, 'é', 'ü'))).toBe(join(folder, 'é', 'ü'));
});
