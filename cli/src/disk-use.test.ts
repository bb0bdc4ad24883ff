import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { diskUse } from './disk-use.ts';

test('what the owner has is counted, in all folders, and not what runs', async () => {
  const home = temporaryFolder();
  for (const folder of ['gateway/run', 'run/build']) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'MEMORY.md'), 'x'.repeat(10));
  writeFileSync(join(home, 'gateway/run/file'), 'x'.repeat(100));
  writeFileSync(join(home, 'run/build/gateway.js'), 'x'.repeat(1000));
  const { bytes, freeBytes } = await diskUse(home);
  expect(bytes).toBe(110);
  expect(freeBytes).toBeGreaterThan(0);
  expect(await diskUse(join(home, 'nowhere'))).toEqual({ bytes: 0, freeBytes: 0 });
});
