import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { WalSync } from './wal-sync.ts';

function setUp(path = join(temporaryFolder(), 'gateway.db-wal')) {
  writeFileSync(path, 'committed');
  return new WalSync(path);
}

test('who asks before a sync has begun shares it, who asks while it runs gets the next one', async () => {
  const wal = setUp();
  const [first, second] = [wal.synced(), wal.synced()];
  expect(second).toBe(first);
  await new Promise((resolve) => process.nextTick(resolve)); // it has begun
  const third = wal.synced();
  expect(third).not.toBe(first);
  let firstDone = false;
  void first.then(() => {
    firstDone = true;
  });
  await third;
  expect(firstDone).toBe(true);
  wal.close();
});

test('a failure is told to those who waited for it, and the next one is tried', async () => {
  const path = join(temporaryFolder(), 'gateway.db-wal');
  const wal = new WalSync(path);
  await expect(wal.synced()).rejects.toThrow('ENOENT');
  writeFileSync(path, 'committed');
  await wal.synced();
  wal.close();
});
