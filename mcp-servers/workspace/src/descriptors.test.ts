/** No call keeps a file or a folder open, whether it was done or refused: the server runs for months. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { expect, test } from 'vitest';
import { type Fixture, workspaceFixture } from './testing/fixture.ts';

const CALLS = 100;
const onLinux = test.skipIf(process.platform !== 'linux'); // elsewhere there is no /proc to count in

interface Case {
  what: string;
  before?(root: string): void;
  act(fixture: Fixture): Promise<unknown>;
  refused?: RegExp;
}

const png = Buffer.from('89504e470d0a1a0a', 'hex');

const cases: Case[] = [
  { what: 'list', act: ({ call }) => call('list', { path: 'notes/folder/inner' }) },
  {
    what: 'list of a file',
    act: ({ call }) => call('list', { path: 'notes/a.txt' }),
    refused: /not a folder/,
  },
  { what: 'read', act: ({ call }) => call('read', { path: 'notes/folder/inner/b.txt' }) },
  { what: 'read of a picture', act: ({ answer }) => answer('read', { path: 'notes/a.png' }) },
  { what: 'read of a folder', act: ({ call }) => call('read', { path: 'notes/folder' }), refused: /folder/ },
  { what: 'read outside', act: ({ call }) => call('read', { path: 'notes/out/x' }), refused: /leads out/ },
  {
    what: 'read of nothing',
    act: ({ call }) => call('read', { path: 'notes/folder/x' }),
    refused: /not exist/,
  },
  { what: 'way up', act: ({ call }) => call('read', { path: 'notes/folder/inner/../../a.txt' }) },
  { what: 'write', act: ({ call }) => call('write', { path: 'notes/a.txt', content: 'x', overwrite: true }) },
  {
    what: 'write over what may not be',
    act: ({ call }) => call('write', { path: 'notes/a.txt', content: 'x' }),
    refused: /exists already/,
  },
  { what: 'edit', act: ({ call }) => call('edit', { path: 'notes/a.txt', old_text: 'x', new_text: 'x ' }) },
  {
    what: 'edit that finds nothing',
    act: ({ call }) => call('edit', { path: 'notes/a.txt', old_text: 'nowhere', new_text: '' }),
    refused: /not found/,
  },
  {
    what: 'edit of what is no text',
    act: ({ call }) => call('edit', { path: 'notes/a.png', old_text: 'P', new_text: '' }),
    refused: /not text/,
  },
  {
    what: 'move there and back',
    async act({ call }) {
      await call('move', { from: 'notes/folder', to: 'notes/moved' });
      await call('move', { from: 'notes/moved', to: 'notes/folder' });
    },
  },
  {
    what: 'move over something',
    act: ({ call }) => call('move', { from: 'notes/folder', to: 'notes/a.txt' }),
    refused: /exists already/,
  },
  {
    what: 'delete',
    before: (root) => mkdirSync(join(root, 'doomed/inner/inner'), { recursive: true }),
    act: ({ call }) => call('delete', { path: 'notes/doomed', recursive: true }),
  },
  {
    what: 'delete of what holds a repository',
    before: (root) => mkdirSync(join(root, 'mine/inner/.git'), { recursive: true }),
    act: ({ call }) => call('delete', { path: 'notes/mine', recursive: true }),
    refused: /git repository/,
  },
];

async function openAfter(fixture: Fixture, { before, act, refused }: Case): Promise<number> {
  for (let round = 0; round < CALLS; round++) {
    before?.(fixture.root);
    if (refused) await expect(act(fixture)).rejects.toThrow(refused);
    else await act(fixture);
  }
  return readdirSync('/proc/self/fd').length;
}

onLinux.each(cases)('$what leaves nothing open', async (one) => {
  const fixture = workspaceFixture();
  const { root, outside } = fixture;
  mkdirSync(join(root, 'folder/inner'), { recursive: true });
  writeFileSync(join(root, 'folder/inner/b.txt'), 'x');
  writeFileSync(join(root, 'a.txt'), 'x');
  writeFileSync(join(root, 'a.png'), png);
  symlinkSync(outside, join(root, 'out'));
  const before = readdirSync('/proc/self/fd').length;
  expect(await openAfter(fixture, one)).toBe(before);
});

test.skipIf(process.platform !== 'linux' || !requireTool('rg'))(
  'search leaves nothing open of all files that it looked into',
  async () => {
    const { call, root } = workspaceFixture();
    for (let index = 0; index < CALLS; index++) writeFileSync(join(root, `${index}.txt`), 'needle\n');
    await call('search', { query: 'needle', limit: 1 }); // whatever a first child process opens for good
    const before = readdirSync('/proc/self/fd').length;
    const found = await call('search', { query: 'needle', limit: 200 });
    expect(found.split('\n')).toHaveLength(CALLS);
    expect(await call('search', { query: 'needle', path: 'notes/1.txt' })).toBe('notes/1.txt:1: needle');
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
    rmSync(root, { recursive: true });
    await expect(call('search', { query: 'needle', path: 'notes' })).rejects.toThrow(/is not there/);
  },
);
