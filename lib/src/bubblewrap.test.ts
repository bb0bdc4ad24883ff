import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { findBubblewrap, wallCure } from './bubblewrap.ts';

function bwrap(script: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bwrap'), 0o755);
  return folder;
}

test.skipIf(!requireTool('bwrap'))('one that works is found by running it', async () => {
  expect(await findBubblewrap(process.env.PATH)).toMatchObject({
    possible: true,
    program: expect.stringMatching(/\/bwrap$/),
  });
});

test('one that cannot forbid nested namespaces is taken without that', async () => {
  const folder = bwrap('case " $* " in *" --disable-userns "*) echo "Unknown option" >&2; exit 1;; esac');
  const found = await findBubblewrap(folder);
  expect(found).toMatchObject({ possible: true, program: join(folder, 'bwrap') });
  expect(found.possible && found.flags).not.toContain('--disable-userns');
  const newer = await findBubblewrap(bwrap('exit 0'));
  expect(newer.possible && newer.flags).toContain('--disable-userns');
});

test('one that does not work is refused in its own words', async () => {
  const folder = bwrap('echo "bwrap: setting up uid map: Permission denied" >&2; exit 1');
  expect(await findBubblewrap(folder)).toEqual({
    possible: false,
    why: `${folder}/bwrap does not work here (setting up uid map: Permission denied)`,
    cure: expect.stringContaining('namespaces'),
  });
});

test('elsewhere than on Linux there is none', async () => {
  expect(await findBubblewrap('/usr/bin', 'darwin')).toEqual({
    possible: false,
    why: 'bubblewrap is for Linux, and this is darwin',
    cure: '',
  });
});

test.each([
  [{ apparmor: '1', clone: '1', most: '100' }, 'sudo tee /etc/apparmor.d/bwrap'],
  [{ apparmor: '0', clone: '0', most: '100' }, 'kernel.unprivileged_userns_clone=1'],
  [{ apparmor: null, clone: null, most: '0' }, 'user.max_user_namespaces=15000'],
  [{ apparmor: null, clone: null, most: '100' }, './mobyclaw up --compose'],
])('what the kernel says of namespaces tells what to do: %o', (limits, cure) => {
  expect(wallCure(limits)).toContain(cure);
});
