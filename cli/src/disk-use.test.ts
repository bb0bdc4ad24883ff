import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { diskUse } from './disk-use.ts';

test('what the owner has is counted, in all folders, and not what runs', async () => {
  const home = temporaryFolder();
  for (const folder of ['gateway/run', 'run/builds']) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'MEMORY.md'), 'x'.repeat(10));
  writeFileSync(join(home, 'gateway/run/file'), 'x'.repeat(100));
  writeFileSync(join(home, 'run/builds/gateway.js'), 'x'.repeat(1000));
  const { bytes, freeBytes } = await diskUse(home);
  expect(bytes).toBe(110);
  expect(freeBytes).toBeGreaterThan(0);
  expect(await diskUse(join(home, 'nowhere'))).toMatchObject({ bytes: 0, freeBytes: 0 });
});

test('what the agent plants ends nothing: links, depths, endless holes, names of any bytes', async () => {
  const home = temporaryFolder();
  const work = join(home, 'sessions/work');
  mkdirSync(work, { recursive: true });
  mkdirSync(join(work, ...Array.from({ length: 600 }, () => 'd')), { recursive: true });
  for (const [name, target] of Object.entries({ up: '..', self: 'self', proc: '/proc' }))
    symlinkSync(target, join(work, name));
  writeFileSync(Buffer.concat([Buffer.from(`${work}/`), Buffer.from([0xe9])]), 'x'.repeat(7));
  writeFileSync(join(work, 'holes'), 'x');
  truncateSync(join(work, 'holes'), 2 ** 43);
  writeFileSync(join(home, 'MEMORY.md'), 'x'.repeat(10));
  const { bytes, sessionsBytes, more } = await diskUse(home);
  expect(more).toBe(true);
  expect(bytes).toBe(sessionsBytes + 10);
  expect(sessionsBytes).toBeGreaterThan(7);
  expect(sessionsBytes).toBeLessThan(100_000);
});
