import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { dataDirectory } from '../data-directory.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { forgetOlderBackups } from './kept-backups.ts';

test('of what upgrades leave the newest go on, the others are deleted and named', async () => {
  const root = temporaryFolder();
  const data = dataDirectory(root);
  mkdirSync(data.backups);
  const elsewhere = join(root, 'notes');
  mkdirSync(elsewhere);
  for (const day of ['01', '02', '03', '04']) {
    writeFileSync(join(data.backups, `before-upgrade-202601${day}T120000000.tar.gz`), '');
    const aside = join(data.backups, `after-upgrade-202601${day}T120000000`);
    mkdirSync(aside);
    symlinkSync(elsewhere, join(aside, 'sessions'));
  }
  writeFileSync(join(elsewhere, 'mine.md'), '');
  mkdirSync(join(data.backups, 'after-upgrade-mine'));
  const terminal = memoryTerminal(false);
  await forgetOlderBackups({ data, terminal });
  expect(readdirSync(data.backups).toSorted()).toEqual([
    'after-upgrade-20260103T120000000',
    'after-upgrade-20260104T120000000',
    'after-upgrade-mine',
    'before-upgrade-20260102T120000000.tar.gz',
    'before-upgrade-20260103T120000000.tar.gz',
    'before-upgrade-20260104T120000000.tar.gz',
  ]);
  expect(readdirSync(elsewhere)).toEqual(['mine.md']);
  expect(terminal.err).toContain('after-upgrade-20260101T120000000; of these the newest 2 are kept.');
});
