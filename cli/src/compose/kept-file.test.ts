/** What a way back needs: the whole docker-compose.yml of what runs, or none. */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { canMount, smallDisk } from '@mobyclaw/testkit/small-disk';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { keepComposeFile, keptComposeFile } from './kept-file.ts';

function place(run: string): Pick<Context, 'checkout' | 'data'> {
  return { checkout: temporaryFolder(), data: { run } as Context['data'] };
}

test('the file of the checkout is kept, the one from before replaced; one that cannot be read is an error', async () => {
  const context = place(temporaryFolder());
  await expect(keepComposeFile(context)).rejects.toThrow('ENOENT');
  for (const content of ['services: {a: {}}', 'services: {}']) {
    writeFileSync(join(context.checkout, 'docker-compose.yml'), content);
    await keepComposeFile(context);
    expect(readFileSync(keptComposeFile(context.data), 'utf8')).toBe(content);
  }
});

test.skipIf(!canMount())('on a full disk half of one is not kept, and nothing fails', async () => {
  const disk = smallDisk(1);
  const context = place(disk.path);
  writeFileSync(join(context.checkout, 'docker-compose.yml'), 'x'.repeat(2_000_000));
  const filler = openSync(join(disk.path, 'filler'), 'w');
  writeSync(filler, Buffer.alloc(500_000));
  closeSync(filler);
  await keepComposeFile(context);
  expect(existsSync(keptComposeFile(context.data))).toBe(false);
});
