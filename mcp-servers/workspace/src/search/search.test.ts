/** Searching with the real ripgrep; and with one that lies, as if it had been led out of the workspace. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SECRET, workspaceFixture } from '../testing/fixture.ts';

/** Only what is in this folder can be started as a program. */
function pathOnly(folder: string): void {
  const before = process.env.PATH;
  process.env.PATH = folder;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

describe.skipIf(!requireTool('rg'))('with ripgrep', () => {
  test('lines are found with file and number, in one folder, one file or everywhere', async () => {
    const { call, root } = workspaceFixture({ others: { code: { path: 'notes/../code', mode: 'ro' } } });
    mkdirSync(join(root, 'a b/c'), { recursive: true });
    writeFileSync(join(root, 'a b/c/one.md'), 'first\r\nthe Needle ü here\r\n');
    writeFileSync(join(root, 'two.md'), 'Needle\n');
    writeFileSync(join(root, '../code/three.ts'), '// Needle\n');
    const all = await call('search', { query: 'Needle' });
    expect(all).toBe(
      'notes/a b/c/one.md:2: the Needle ü here\nnotes/two.md:1: Needle\ncode/three.ts:1: // Needle',
    );
    expect(await call('search', { query: 'Needle', path: 'notes/a b' })).toBe(
      'notes/a b/c/one.md:2: the Needle ü here',
    );
    expect(await call('search', { query: 'Needle', path: 'notes/two.md' })).toBe('notes/two.md:1: Needle');
    expect(await call('search', { query: 'needle' })).toBe('Nothing found.');
    expect(await call('search', { query: 'needle', ignore_case: true, glob: '*.ts' })).toBe(
      'code/three.ts:1: // Needle',
    );
    expect(await call('search', { query: 'N.+e$', regex: true })).toBe(
      'notes/two.md:1: Needle\ncode/three.ts:1: // Needle',
    );
    await expect(call('search', { query: 'x', path: 'notes/none' })).rejects.toThrow(/does not exist/);
  });

  test('what .gitignore names and what git keeps are left out; dotfiles are not', async () => {
    const { call, root } = workspaceFixture();
    for (const folder of ['.git', 'dist', 'src/dist', '.github']) {
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, folder, 'x.txt'), 'needle\n');
    }
    writeFileSync(join(root, '.gitignore'), 'dist/\n');
    const found = '.github/x.txt:1: needle';
    expect(await call('search', { query: 'needle', path: 'notes' })).toBe(`notes/${found}`);
    expect(await call('search', { query: 'needle', path: 'notes/src' })).toBe('Nothing found.');
  });

  test('a query or a glob that looks like an option is none', async () => {
    const { call, root } = workspaceFixture();
    writeFileSync(join(root, 'a.txt'), '--files\n-e\n--pre=touch x\n');
    expect(await call('search', { query: '--files' })).toBe('notes/a.txt:1: --files');
    expect(await call('search', { query: '--pre=touch x' })).toBe('notes/a.txt:3: --pre=touch x');
    expect(await call('search', { query: '-e', glob: '--files' })).toBe('Nothing found.');
    writeFileSync(join(root, '-e'), 'needle\n');
    expect(await call('search', { query: 'needle', path: 'notes/-e' })).toBe('notes/-e:1: needle');
  });

  test('links are not followed, and a link on the way is resolved inside', async () => {
    const { call, root, outside } = workspaceFixture();
    mkdirSync(join(root, 'real'));
    writeFileSync(join(root, 'real/a.txt'), 'the secret that is mine\n');
    symlinkSync(outside, join(root, 'out'));
    symlinkSync(join(outside, 'secret.txt'), join(root, 'secret.txt'));
    symlinkSync('real', join(root, 'in'));
    const mine = 'notes/real/a.txt:1: the secret that is mine';
    expect(await call('search', { query: 'the secret' })).toBe(mine);
    expect(await call('search', { query: 'the secret', path: 'notes/in' })).toBe(mine);
    await expect(call('search', { query: 'the secret', path: 'notes/out' })).rejects.toThrow(/leads out/);
  });

  test('answers are bounded in lines, line length and time', async () => {
    const { call, root } = workspaceFixture();
    writeFileSync(join(root, 'many.txt'), 'needle\n'.repeat(1_000));
    const many = await call('search', { query: 'needle', limit: 20 });
    expect(many.match(/many\.txt:/g)).toHaveLength(20);
    expect(many).toContain('There is more');
    writeFileSync(join(root, 'many.txt'), `${'x'.repeat(20_000)}needle${'y'.repeat(20_000)}\n`);
    const long = await call('search', { query: 'needle' });
    expect(long).toMatch(/^notes\/many\.txt:1: …x+needley+…$/);
    expect(long.length).toBeLessThan(400);
    writeFileSync(join(root, 'many.txt'), `${'x'.repeat(2_000_000)}needle\n`);
    expect(await call('search', { query: 'needle' })).toMatch(/Nothing found.*very long lines/s);
  });

  test('a regular expression that is none is explained', async () => {
    const { call } = workspaceFixture();
    await expect(call('search', { query: '(', regex: true })).rejects.toThrow(
      /not understood.*unclosed group/s,
    );
    await expect(call('search', { query: 'a\nb' })).rejects.toThrow(/one line/);
    expect(await call('search', { query: '(a*)*b', regex: true })).toBe('Nothing found.');
  });

  test('a workspace that is gone does not hide what the others hold', async () => {
    const { call, root } = workspaceFixture({ others: { gone: { path: 'gone', mode: 'ro' } } });
    writeFileSync(join(root, 'a.txt'), 'needle\n');
    rmSync(join(root, '../gone'), { recursive: true });
    expect(await call('search', { query: 'needle' })).toMatch(
      /a\.txt:1: needle\n\nNot searched: .*gone is not/s,
    );
  });
});

test('a search that takes too long is ended', async () => {
  const programs = temporaryFolder();
  writeFileSync(join(programs, 'rg'), `#!${process.execPath}\nsetInterval(() => {}, 1000);\n`);
  chmodSync(join(programs, 'rg'), 0o755);
  pathOnly(programs);
  const { call } = workspaceFixture({ searchTimeoutMs: 200 });
  expect(await call('search', { query: 'x' })).toMatch(/Nothing found.*took too long/s);
});

test('without ripgrep the answer says what to install', async () => {
  pathOnly(temporaryFolder());
  const { call } = workspaceFixture();
  await expect(call('search', { query: 'x' })).rejects.toThrow(/needs ripgrep.*apt-get install ripgrep/);
});

test('what ripgrep says it saw is shown only where it stands in the workspace', async () => {
  const { call, root, outside } = workspaceFixture();
  writeFileSync(join(root, 'true.txt'), `one\n${SECRET}\n`);
  writeFileSync(join(root, 'other.txt'), 'one\ntwo\n');
  symlinkSync(outside, join(root, 'out'));
  symlinkSync(join(outside, 'secret.txt'), join(root, 'link.txt'));
  const line = `${SECRET}\n`;
  const match = (path: string, offset: number): string =>
    JSON.stringify({
      type: 'match',
      data: {
        path: { text: path },
        lines: { text: line },
        line_number: 1,
        absolute_offset: offset,
        submatches: [{ start: 0 }],
      },
    });
  const said = [
    match('./true.txt', 4),
    match('./true.txt', 0),
    match('./other.txt', 4),
    match('./out/secret.txt', 0),
    match('./link.txt', 0),
    match('../outside/secret.txt', 0),
    match(join(outside, 'secret.txt'), 0),
    match('./gone.txt', 0),
  ];
  const programs = temporaryFolder();
  const script = `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(`${said.join('\n')}\n`)});\n`;
  writeFileSync(join(programs, 'rg'), script);
  chmodSync(join(programs, 'rg'), 0o755);
  pathOnly(programs);
  expect(await call('search', { query: 'the secret' })).toBe(`notes/true.txt:1: ${SECRET}`);
});
