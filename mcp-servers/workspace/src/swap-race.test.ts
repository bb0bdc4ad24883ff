/**
 * While another process keeps swapping a folder, and a file, for links that lead outside, thousands of calls run. Nothing
 * outside may be read or changed, and the calls that meet the folder itself must work: a server that refused everything
 * would pass otherwise. On Linux alone: what is promised elsewhere is less, see `held-folder.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { expect, onTestFinished, test } from 'vitest';
import { type Fixture, SECRET, workspaceFixture } from './testing/fixture.ts';

const CALLS = 3_000;
const SEARCHES = 60;
const AT_ONCE = 8;
const ANSWERED_AT_LEAST = 50; // of the calls; how many depends on the machine

const raceTest = test.skipIf(process.platform !== 'linux');

/** `dir` and `file.txt` are what they seem, then links out, then again what they seem, as fast as the disk allows. */
const SWAPPER = `
  const { renameSync, rmSync, symlinkSync } = require('node:fs');
  const [root, outside] = process.argv.slice(1);
  process.chdir(root);
  process.stdout.write('swapping');
  // A call may make the name in the moment in which it is free: then it is cleared and tried again.
  const put = (name, how) => {
    for (;;) {
      try {
        return how();
      } catch (error) {
        if (!['EEXIST', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR'].includes(error.code)) throw error;
        try {
          rmSync(name, { recursive: true, force: true });
        } catch (raced) {
          if (raced.code !== 'ENOTEMPTY') throw raced;
        }
      }
    }
  };
  const stay = () => {
    for (const end = performance.now() + 0.3; performance.now() < end; );
  };
  for (;;) {
    stay();
    renameSync('dir', 'dir.aside');
    put('dir', () => symlinkSync(outside, 'dir'));
    renameSync('file.txt', 'file.aside');
    put('file.txt', () => symlinkSync(outside + '/secret.txt', 'file.txt'));
    rmSync('dir', { recursive: true, force: true });
    put('dir', () => renameSync('dir.aside', 'dir'));
    rmSync('file.txt', { force: true });
    renameSync('file.aside', 'file.txt');
  }`;

async function swapping(): Promise<Fixture & { stop(): Promise<void> }> {
  const fixture = workspaceFixture();
  mkdirSync(join(fixture.root, 'dir'));
  // Names as outside, so that whatever goes through a link finds something to read, edit and delete there.
  for (const name of ['secret.txt', 'victim.txt']) writeFileSync(join(fixture.root, 'dir', name), 'inside\n');
  writeFileSync(join(fixture.root, 'file.txt'), 'inside\n');
  const child: ChildProcess = spawn(process.execPath, ['-e', SWAPPER, fixture.root, fixture.outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    expect(child.exitCode, 'the swapping went on to the end').toBeNull();
    if (child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(stop);
  if (child.stdout) await once(child.stdout, 'data');
  return { ...fixture, stop };
}

/** Runs calls, some at a time. @returns how many were answered and how many refused, and all texts */
async function hammer(
  count: number,
  call: (index: number) => Promise<string>,
): Promise<{ answered: number; texts: Set<string> }> {
  const texts = new Set<string>();
  let answered = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      try {
        texts.add(await call(index));
        answered++;
      } catch (error) {
        texts.add((error as Error).message); // a refusal must not tell anything either
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { answered, texts };
}

raceTest(
  'reads and listings see nothing outside',
  async () => {
    const fixture = await swapping();
    const calls = [
      () => fixture.call('read', { path: 'notes/dir/secret.txt' }),
      () => fixture.call('read', { path: 'notes/file.txt' }),
      () => fixture.call('list', { path: 'notes/dir' }),
    ];
    writeFileSync(join(fixture.outside, 'only-outside.txt'), SECRET);
    const { answered, texts } = await hammer(CALLS, (index) => (calls[index % calls.length] ?? calls[0]!)());
    expect(answered).toBeGreaterThan(ANSWERED_AT_LEAST);
    expect([...texts].filter((text) => text.includes(SECRET) || text.includes('only-outside'))).toEqual([]);
  },
  120_000,
);

raceTest(
  'writes, edits, moves and deletions change nothing outside',
  async () => {
    const fixture = await swapping();
    const before = fixture.outsideNow();
    writeFileSync(join(fixture.root, 'source.txt'), 'inside\n');
    const calls = [
      (n: number) => fixture.call('write', { path: `notes/dir/new-${n}.txt`, content: 'x' }),
      () => fixture.call('write', { path: 'notes/file.txt', content: 'inside\n', overwrite: true }),
      () => fixture.call('edit', { path: 'notes/dir/victim.txt', old_text: 'n', new_text: 'n' }),
      () => fixture.call('edit', { path: 'notes/dir/victim.txt', old_text: 'untouched', new_text: 'x' }),
      (n: number) => fixture.call('write', { path: `notes/dir/sub-${n}/new.txt`, content: 'x' }),
      (n: number) => fixture.call('delete', { path: `notes/dir/sub-${n - 1}`, recursive: true }),
      (n: number) => fixture.call('move', { from: 'notes/source.txt', to: `notes/dir/moved-${n}.txt` }),
      (n: number) => fixture.call('move', { from: `notes/dir/moved-${n - 1}.txt`, to: 'notes/source.txt' }),
      () => fixture.call('delete', { path: 'notes/dir/victim.txt' }),
      () => fixture.call('write', { path: 'notes/dir/victim.txt', content: 'inside\n' }),
    ];
    const { answered } = await hammer(CALLS, (index) => (calls[index % calls.length] ?? calls[0]!)(index));
    await fixture.stop();
    expect(answered).toBeGreaterThan(ANSWERED_AT_LEAST);
    expect(fixture.outsideNow()).toEqual(before);
    const inside = readdirSync(fixture.root, { recursive: true, encoding: 'utf8' });
    expect(inside.filter((name) => name.includes('.tmp-'))).toEqual([]);
  },
  120_000,
);

raceTest(
  'deleting a tree whose folders are swapped for links deletes nothing outside',
  async () => {
    const fixture = await swapping();
    const before = fixture.outsideNow();
    // The swapped folder lies inside what is deleted: it is met while the deletion walks.
    const { texts } = await hammer(CALLS / 10, async (index) => {
      const path = `notes/dir/tree-${index}`;
      await fixture.call('write', { path: `${path}/a/b/victim.txt`, content: 'x' });
      return fixture.call('delete', { path, recursive: true });
    });
    await fixture.stop();
    expect(texts.size).toBeGreaterThan(0);
    expect(fixture.outsideNow()).toEqual(before);
  },
  120_000,
);

test.skipIf(process.platform !== 'linux' || !requireTool('rg'))(
  'a search shows no line from outside',
  async () => {
    const fixture = await swapping();
    const query = { query: 'the secret', path: 'notes' };
    // Also a folder below, which ripgrep opens by its name.
    const calls = [
      () => fixture.call('search', query),
      () => fixture.call('search', { ...query, path: 'notes/dir' }),
    ];
    const { texts } = await hammer(SEARCHES, (index) => (calls[index % 2] ?? calls[0]!)());
    expect([...texts].filter((text) => text.includes(SECRET))).toEqual([]);
    await fixture.stop();
  },
  120_000,
);

test('the secret is there to be found, so that the tests above mean something', () => {
  const fixture = workspaceFixture();
  expect(readFileSync(join(fixture.outside, 'secret.txt'), 'utf8')).toContain(SECRET);
});
