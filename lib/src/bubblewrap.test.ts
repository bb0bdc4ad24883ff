import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { findBubblewrap, reaches, wallCure } from './bubblewrap.ts';

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

test('a folder that nobody can use behind the walls makes them impossible, with what to do', async () => {
  const folder = temporaryFolder();
  const path = bwrap('case " $* " in *" --bind "*) exit 1;; esac');
  expect(await findBubblewrap(path)).toMatchObject({ possible: true });
  expect(await findBubblewrap(path, folder)).toEqual({
    possible: false,
    why: expect.stringContaining(`nobody could use ${folder}`),
    cure: expect.stringContaining('sudo chown -R'),
  });
  expect(await findBubblewrap(path, join(folder, 'not there yet'))).toMatchObject({ possible: true });
});

test.skipIf(!requireTool('bwrap'))(
  'one’s own folder is reached, also with a quote and a blank in its name',
  async () => {
    const folder = join(temporaryFolder(), `it's "mine"`);
    mkdirSync(folder, { mode: 0o700 });
    expect(await findBubblewrap(process.env.PATH, folder)).toMatchObject({ possible: true });
  },
);

test.skipIf(!requireTool('bwrap') || process.getuid?.() !== 0)(
  'of root’s privileges nothing is left: what another user owns is closed to him too',
  async () => {
    const folder = temporaryFolder();
    chownSync(folder, 1000, 1000);
    chmodSync(folder, 0o700);
    expect(await findBubblewrap(process.env.PATH, folder)).toMatchObject({ possible: false });
    chmodSync(folder, 0o755);
    const found = await findBubblewrap(process.env.PATH);
    if (!found.possible) throw new Error(found.why);
    expect([await reaches(found, folder, false), await reaches(found, folder, true)]).toEqual([true, false]);
  },
);

test('elsewhere than on Linux there is none', async () => {
  expect(await findBubblewrap('/usr/bin', undefined, 'darwin')).toEqual({
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
