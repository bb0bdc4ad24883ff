import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { listReport } from './reports.ts';

test('when a file was changed is told by the owner’s clock', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const path = join(home, 'MEMORY.md');
  writeFileSync(path, '# Memory\n');
  const at = new Date('2026-01-02T20:04:05Z');
  utimesSync(path, at, at);
  expect(await listReport(home, 'Asia/Kolkata', () => true)).toMatch(
    /^- MEMORY\.md, \d+ bytes, changed 2026-01-03 01:34$/m,
  );
});
