import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { readOwnCredentials, readWorkspaces } from './home-folder.ts';

test.each(['utf8', 'utf16le'] as const)(
  'the owner’s files count from their first line on, in %s with a mark',
  async (encoding) => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'credentials.env'), Buffer.from('\uFEFFGITHUB_TOKEN=x\r\nB=y\r\n', encoding));
    writeFileSync(join(home, 'workspaces.conf'), Buffer.from('\uFEFFnotes=/srv/notes:ro\r\n', encoding));
    expect(await readOwnCredentials(home)).toEqual({
      environment: { GITHUB_TOKEN: 'x', B: 'y' },
      bound: [],
    });
    expect(await readWorkspaces(home)).toMatchObject([{ name: 'notes', path: '/srv/notes', mode: 'ro' }]);
  },
);

test('a # in a value of credentials.env is part of it, a blank before it makes a comment', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'credentials.env'), 'A=abc#def\nB=abc #def\n');
  expect(await readOwnCredentials(home)).toEqual({ environment: { A: 'abc#def', B: 'abc' }, bound: [] });
});

test('a value that names its hosts is kept from the agent; one that shall be and cannot ends the start', async () => {
  const home = temporaryFolder();
  const file = join(home, 'credentials.env');
  const value = 'ghp_abcdefghijKLMNOPQRST0123456789abcdef';
  writeFileSync(file, `TOKEN=${value} # hosts: api.github.com\nPLAIN=x\n2X=passed over before, and still\n`);
  const { environment, bound } = await readOwnCredentials(home);
  expect(environment).toMatchObject({ TOKEN: expect.stringMatching(/^ghp_\w{36}$/), PLAIN: 'x' });
  expect(environment.TOKEN).not.toBe(value);
  expect(bound).toEqual([
    { name: 'TOKEN', value, hosts: ['api.github.com'], standIn: environment.TOKEN, inUrl: false },
  ]);
  expect(await readOwnCredentials(home)).toEqual({ environment, bound });
  writeFileSync(file, 'TOKEN=short # hosts: api.github.com\n');
  await expect(readOwnCredentials(home)).rejects.toThrow('line 1: TOKEN: the value is too short');
});
