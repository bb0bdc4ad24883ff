import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { readCredentials, readWorkspaces } from './home-folder.ts';

test.each(['utf8', 'utf16le'] as const)(
  'the owner’s files count from their first line on, in %s with a mark',
  async (encoding) => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'credentials.env'), Buffer.from('\uFEFFGITHUB_TOKEN=x\r\nB=y\r\n', encoding));
    writeFileSync(join(home, 'workspaces.conf'), Buffer.from('\uFEFFnotes=/srv/notes:ro\r\n', encoding));
    expect(await readCredentials(home)).toEqual({ GITHUB_TOKEN: 'x', B: 'y' });
    expect(await readWorkspaces(home)).toMatchObject([{ name: 'notes', path: '/srv/notes', mode: 'ro' }]);
  },
);

test('a # in a value of credentials.env is part of it, a blank before it makes a comment', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'credentials.env'), 'A=abc#def\nB=abc #def\n');
  expect(await readCredentials(home)).toEqual({ A: 'abc#def', B: 'abc' });
});
