/** What reading, listing, writing, editing, moving and deleting do where nothing is in the way. */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listFolder } from './list-folder.ts';
import { workspaceFixture } from './testing/fixture.ts';
import { Workspaces } from './workspaces.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const NOBODY = 65_534;
const asRoot = test.runIf(process.getuid?.() === 0); // only root gives files away
const becomeRoot = (): void => {
  process.seteuid?.(0);
  process.setegid?.(0);
};

const versionIn = (text: string): string => /version ([0-9a-f]{12})/.exec(text)?.[1] ?? '';

test('the workspaces are listed with what may be done in them', async () => {
  const { call, root } = workspaceFixture({
    others: { code: { path: 'code', mode: 'ro' }, hidden: { path: 'hidden', mode: 'none' } },
  });
  const list = await call('list');
  expect(list).toContain(`notes/ (read and write, in the shell ${root})`);
  expect(list).toMatch(/code\/ \(read only, in the shell .*code\)/);
  expect(list).toContain('hidden/ (read only, and not there in the shell)');
  expect(await call('list', { path: '/' })).toBe(list);
  await expect(call('read', { path: 'nots/a' })).rejects.toThrow(/name of one: notes, code, hidden/);
});

test('a folder is listed with kinds, sizes and times, page by page', async () => {
  const { call, root } = workspaceFixture();
  mkdirSync(join(root, 'sub'));
  writeFileSync(join(root, 'a.txt'), 'x'.repeat(1_234));
  writeFileSync(join(root, 'b.txt'), '');
  symlinkSync('a.txt', join(root, 'c-link'));
  for (const name of ['sub', 'a.txt', 'b.txt']) {
    utimesSync(join(root, name), new Date('2026-01-02T03:04:05Z'), new Date('2026-01-02T03:04:05Z'));
  }
  expect(await call('list', { path: 'notes' })).toBe(
    [
      'notes/, entries 1 to 4 of 4.',
      '',
      'a.txt (1.2 kB, changed 2026-01-02T03:04Z)',
      'b.txt (0 bytes, changed 2026-01-02T03:04Z)',
      'c-link (link to a.txt)',
      'sub/ (folder, changed 2026-01-02T03:04Z)',
    ].join('\n'),
  );
  const page = await call('list', { path: 'notes', offset: 1, limit: 2 });
  expect(page).toMatch(/entries 2 to 3 of 4\. Go on with offset 3\.\n\nb\.txt .*\nc-link .*$/);
  expect(await call('list', { path: 'notes', offset: 9 })).toContain('has 4 entries only');
  expect(await call('list', { path: 'notes/sub' })).toBe('notes/sub/ is empty.');
  await expect(call('list', { path: 'notes/nowhere' })).rejects.toThrow(/does not exist/);
  await expect(call('list', { path: 'notes/a.txt' })).rejects.toThrow(/not a folder/);
});

test('a text is read whole, or from a line on', async () => {
  const { call, root } = workspaceFixture();
  writeFileSync(join(root, 'a.txt'), '\uFEFFone\r\ntwo\nthree');
  expect(await call('read', { path: 'notes/a.txt' })).toMatch(
    /^notes\/a\.txt, 17 bytes, version [0-9a-f]{12}, lines 1 to 3 of 3\.\n\none\ntwo\nthree$/,
  );
  expect(await call('read', { path: 'notes/a.txt', from_line: 2, max_lines: 1 })).toMatch(
    /lines 2 to 2 of 3\. Go on with from_line 3\.\n\ntwo$/,
  );
  expect(await call('read', { path: 'notes/a.txt', from_line: 4 })).toContain('it has 3 lines only');
  writeFileSync(join(root, 'empty'), '');
  expect(await call('read', { path: 'notes/empty' })).toMatch(/0 bytes, version .*: empty\.$/);
  await expect(call('read', { path: 'notes' })).rejects.toThrow(/is a folder/);
  await expect(call('read', { path: 'notes/none.txt' })).rejects.toThrow(/notes\/none\.txt does not exist/);
  await expect(call('read', { path: 'notes/a.txt/b' })).rejects.toThrow(/is a file, not a folder/);
});

test('a long text comes in parts that together are the text, in chunks and between them', async () => {
  const { call, root } = workspaceFixture();
  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index + 1} ${'ä'.repeat(index % 7)}`);
  writeFileSync(join(root, 'long.txt'), `${lines.join('\n')}\n`);
  const read: string[] = [];
  for (let from: number | null = 39_000; from !== null; ) {
    const text: string = await call('read', { path: 'notes/long.txt', from_line: from, max_lines: 5_000 });
    expect(text.length).toBeLessThan(41_000);
    read.push(...text.slice(text.indexOf('\n\n') + 2).split('\n'));
    const next = /Go on with from_line (\d+)/.exec(text);
    from = next ? Number(next[1]) : null;
  }
  expect(read).toEqual(lines.slice(38_999));
});

test('a line without end is cut and says so', async () => {
  const { call, root } = workspaceFixture();
  writeFileSync(join(root, 'min.js'), `${'x'.repeat(3_000_000)}\nnext\n`);
  const text = await call('read', { path: 'notes/min.js' });
  expect(text.length).toBeLessThan(5_000);
  expect(text).toMatch(/lines 1 to 2 of 2\.\n\nx+… \[cut: the line has 3000000 bytes\]\nnext$/);
});

test('a picture is given as one, up to a size; other binary files are named', async () => {
  const { answer, call, root } = workspaceFixture();
  writeFileSync(join(root, 'dot.png'), PNG);
  expect(await answer('read', { path: 'notes/dot.png' })).toEqual([
    { type: 'text', text: expect.stringContaining('an image (image/png)') },
    { type: 'image', data: PNG.toString('base64'), mimeType: 'image/png' },
  ]);
  writeFileSync(join(root, 'big.png'), Buffer.concat([PNG, Buffer.alloc(3_000_000)]));
  expect(await call('read', { path: 'notes/big.png' })).toContain('larger than the 2.1 MB');
  writeFileSync(join(root, 'a.pdf'), '%PDF-1.7 ...');
  expect(await call('read', { path: 'notes/a.pdf' })).toMatch(/12 bytes, .*binary file \(PDF document\)/);
  writeFileSync(join(root, 'data'), Buffer.from([1, 2, 0, 3]));
  // A NUL byte anywhere in the first 8 KB, and nothing else, makes a file binary, as it does for git.
  for (const bytes of [[1, 2, 0, 3], [0], [...Buffer.from('text'), 0], [...Buffer.alloc(8_191, 'x'), 0]]) {
    writeFileSync(join(root, 'data'), Buffer.from(bytes));
    expect(await call('read', { path: 'notes/data' })).toContain('binary file (unknown kind)');
  }
  writeFileSync(join(root, 'data'), '\u0001\u001b[1mbold\u007f');
  expect(await call('read', { path: 'notes/data' })).toContain('lines 1 to 1 of 1');
});

test('a folder with very many entries is listed in part, sorted, and says so', async () => {
  const { root } = workspaceFixture();
  const address = new Workspaces([{ name: 'notes', path: root, mode: 'ro' }]).find('notes');
  const list = () => listFolder(address, { offset: 0, limit: 40 }, 100);
  for (let index = 0; index < 100; index++) writeFileSync(join(root, `n${index}`), '');
  expect(await list()).toMatch(/^notes\/, entries 1 to 40 of 100\. Go on with offset 40\.\n/);
  writeFileSync(join(root, 'one-more'), '');
  const cut = await list();
  expect(cut).toContain('of 100. Go on with offset 40. It has more than 100; the rest is not listed.');
  const names = cut.split('\n').slice(2);
  expect(names).toHaveLength(40);
  expect(names).toEqual(names.toSorted());
});

test('a file is created with its folders, and overwritten only when that is meant', async () => {
  const { call, root } = workspaceFixture();
  const path = 'notes/a/b/ü ’"#: *.md';
  const file = join(root, 'a/b/ü ’"#: *.md');
  expect(await call('write', { path, content: 'one\n' })).toBe(`${path} is created, 4 bytes.`);
  await expect(call('write', { path, content: 'two\n' })).rejects.toThrow(/exists already.*overwrite: true/);
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  chmodSync(file, 0o6751);
  expect(await call('write', { path, content: 'two\n', overwrite: true })).toContain('is overwritten');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o7777]).toEqual(['two\n', 0o751]);
  expect(readdirSync(join(root, 'a/b'))).toHaveLength(1);
});

asRoot('owner and group of a file stay what they were', async () => {
  const { call, root } = workspaceFixture();
  const file = join(root, 'a.txt');
  writeFileSync(file, 'one');
  for (const [uid, gid] of [
    [12_345, 54_321],
    [0, 54_321],
    [12_345, 0],
  ] as const) {
    chownSync(file, uid, gid);
    await call('write', { path: 'notes/a.txt', content: 'one', overwrite: true });
    expect(statSync(file)).toMatchObject({ uid, gid });
    await call('edit', { path: 'notes/a.txt', old_text: 'one', new_text: 'one ' });
    expect(statSync(file)).toMatchObject({ uid, gid });
  }
});

asRoot(
  'where the file system refuses the old owner, the file is written all the same, no wider',
  async () => {
    const { call, root } = workspaceFixture();
    const file = join(root, 'a.txt');
    writeFileSync(file, 'one');
    chmodSync(file, 0o604);
    chmodSync(dirname(root), 0o755);
    chownSync(root, NOBODY, NOBODY);
    process.setegid?.(NOBODY); // who may not give a file to root, as on a network file system nobody may
    process.seteuid?.(NOBODY);
    onTestFinished(becomeRoot);
    await call('write', { path: 'notes/a.txt', content: 'two', overwrite: true });
    await call('edit', { path: 'notes/a.txt', old_text: 'two', new_text: 'three' });
    becomeRoot();
    expect(readFileSync(file, 'utf8')).toBe('three');
    expect([statSync(file).uid, statSync(file).mode & 0o777]).toEqual([NOBODY, 0o604]);
    expect(readdirSync(root)).toEqual(['a.txt']);
  },
);

test('a version overwrites that state of the file alone', async () => {
  const { call, root } = workspaceFixture();
  writeFileSync(join(root, 'a.txt'), 'one\n');
  const version = versionIn(await call('read', { path: 'notes/a.txt' }));
  expect(await call('write', { path: 'notes/a.txt', content: 'two\n', version })).toContain('overwritten');
  await expect(call('write', { path: 'notes/a.txt', content: 'three\n', version })).rejects.toThrow(
    /changed by somebody else/,
  );
  await expect(call('write', { path: 'notes/new.txt', content: 'x', version })).rejects.toThrow(/changed/);
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('two\n');
});

test('one passage is edited; a missing, ambiguous or undecodable one is refused', async () => {
  const { call, root } = workspaceFixture();
  const file = join(root, 'a.txt');
  writeFileSync(file, '\uFEFFone\r\ntwo\r\ntwo\r\n');
  chmodSync(file, 0o640);
  await call('edit', { path: 'notes/a.txt', old_text: 'one\ntwo', new_text: '$&\nzwei' });
  expect(readFileSync(file, 'utf8')).toBe('\uFEFF$&\r\nzwei\r\ntwo\r\n');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  const edit = (old_text: string): Promise<string> =>
    call('edit', { path: 'notes/a.txt', old_text, new_text: '' });
  await expect(edit('w')).rejects.toThrow(/more than once/);
  await expect(edit('drei')).rejects.toThrow(/not found.*workspace_read/);
  writeFileSync(join(root, 'latin1'), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
  await expect(call('edit', { path: 'notes/latin1', old_text: 'ca', new_text: '' })).rejects.toThrow(/UTF-8/);
  await expect(call('edit', { path: 'notes/none', old_text: 'ca', new_text: '' })).rejects.toThrow(
    /not exist/,
  );
});

test.each(['notes', 'notes/', 'notes/folder', 'notes/folder/..'])(
  'what is written or edited is a file, not %s',
  async (path) => {
    const { call, root } = workspaceFixture();
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'folder/a.txt'), 'x');
    await expect(call('write', { path, content: 'x', overwrite: true })).rejects.toThrow(/is a folder/);
    await expect(call('edit', { path, old_text: 'x', new_text: 'y' })).rejects.toThrow(/is a folder/);
    expect(readFileSync(join(root, 'folder/a.txt'), 'utf8')).toBe('x');
  },
);

test('edits of one file that come at once are all kept', async () => {
  const { call, root } = workspaceFixture();
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  writeFileSync(join(root, 'a.txt'), numbers.map((n) => `<${n}>\n`).join(''));
  await Promise.all(
    numbers.map((n) => call('edit', { path: 'notes/a.txt', old_text: `<${n}>`, new_text: `done ${n}` })),
  );
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe(numbers.map((n) => `done ${n}\n`).join(''));
});

test('what somebody else writes during the call is not lost', async () => {
  const { call, root } = workspaceFixture();
  const file = join(root, 'a.txt');
  let written = 'passage\n';
  let done = false;
  onTestFinished(() => {
    done = true;
  });
  writeFileSync(file, written);
  const keepWriting = (): void => {
    if (done) return;
    written += '.';
    appendFileSync(file, '.');
    setImmediate(keepWriting); // a change takes several turns of the event loop, so one falls in between
  };
  keepWriting();
  const edit = call('edit', { path: 'notes/a.txt', old_text: 'passage', new_text: 'x' });
  await expect(edit).rejects.toThrow(/changed by somebody else/);
  const overwrite = call('write', { path: 'notes/a.txt', content: 'x', overwrite: true });
  await expect(overwrite).rejects.toThrow(/changed by somebody else/);
  done = true;
  expect(readFileSync(file, 'utf8')).toBe(written);
  expect(readdirSync(root)).toEqual(['a.txt']);
});

test('a move makes folders and never overwrites', async () => {
  const { call, root } = workspaceFixture({ others: { code: { path: 'code', mode: 'rw' } } });
  writeFileSync(join(root, 'a.txt'), 'a');
  writeFileSync(join(root, 'b.txt'), 'b');
  mkdirSync(join(root, 'folder'));
  await call('move', { from: 'notes/a.txt', to: 'notes/x/y/A.txt' });
  expect(readFileSync(join(root, 'x/y/A.txt'), 'utf8')).toBe('a');
  await call('move', { from: 'notes/x/y/A.txt', to: 'notes/x/y/a.txt' });
  expect(readdirSync(join(root, 'x/y'))).toEqual(['a.txt']);
  for (const to of ['notes/b.txt', 'notes/folder', 'notes/x/y/a.txt']) {
    await expect(call('move', { from: 'notes/x/y/a.txt', to })).rejects.toThrow(/exists already/);
  }
  await expect(call('move', { from: 'notes/none', to: 'notes/c' })).rejects.toThrow(/does not exist/);
  await expect(call('move', { from: 'notes/x', to: 'notes/x/y/z' })).rejects.toThrow(/does not accept/);
  await expect(call('move', { from: 'notes/b.txt', to: 'code/b.txt' })).rejects.toThrow(/one workspace/);
  await call('move', { from: 'notes/x', to: 'notes/folder/x' });
  expect(readFileSync(join(root, 'folder/x/y/a.txt'), 'utf8')).toBe('a');
});

test('a folder is deleted only when that is meant', async () => {
  const { call, root } = workspaceFixture();
  mkdirSync(join(root, 'a/b'), { recursive: true });
  writeFileSync(join(root, 'a/b/c.txt'), '');
  await expect(call('delete', { path: 'notes/a' })).rejects.toThrow(/recursive: true/);
  expect(await call('delete', { path: 'notes/a/b/c.txt' })).toBe('notes/a/b/c.txt is deleted.');
  expect(await call('delete', { path: 'notes/a', recursive: true })).toContain('with 1 entry');
  expect(existsSync(join(root, 'a'))).toBe(false);
  await expect(call('delete', { path: 'notes/a' })).rejects.toThrow(/does not exist/);
});

test('a workspace whose folder is gone says so', async () => {
  const { call } = workspaceFixture({ others: { code: { path: 'code', mode: 'rw' } } });
  const list = await call('list');
  rmSync(/in the shell (.*code)\)/.exec(list)?.[1] ?? '', { recursive: true });
  await expect(call('list', { path: 'code' })).rejects.toThrow(/folder of the workspace code is not there/);
});

test('a file whose name came from another system is found, changed and moved by the name that it looks like', async () => {
  const { call, root } = workspaceFixture();
  const there = 'U\u0308bersicht'; // as macOS writes it
  const asked = '\u00dcbersicht';
  mkdirSync(join(root, there));
  writeFileSync(join(root, there, `${there}.md`), 'old\n');
  const path = `notes/${asked}/${asked}.md`;
  expect(await call('read', { path })).toContain('old');
  await call('edit', { path, old_text: 'old', new_text: 'new' });
  expect(readFileSync(join(root, there, `${there}.md`), 'utf8')).toBe('new\n');
  await call('move', { from: path, to: `notes/${asked}/b.md` });
  expect(readdirSync(root)).toEqual([there]);
  expect(readdirSync(join(root, there))).toEqual(['b.md']);
});
