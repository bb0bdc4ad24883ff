import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

function place() {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  for (const name of ['notes', 'a b']) mkdirSync(join(folder, name));
  const run = (...args: string[]) =>
    runCli(['workspace', ...args], { home: folder, env: { MOBYCLAW_HOME: home } });
  const text = (): string => readFileSync(join(home, 'workspaces.conf'), 'utf8');
  return { folder, home, run, text };
}

test('add, list and remove, one line at a time', async () => {
  const one = place();
  expect((await one.run()).stderr).toContain('workspace add');
  expect((await one.run('add', 'notes', 'notes')).code).toBe(0); // from where the owner stands
  expect((await one.run('add', 'odd', join(one.folder, 'a b'), '--mode', 'ro')).code).toBe(0);
  expect(statSync(join(one.home, 'workspaces.conf')).mode & 0o777).toBe(0o600);
  writeFileSync(join(one.home, 'workspaces.conf'), `# mine\n${one.text()}`);
  const { stdout } = await one.run('list', '--json');
  expect(JSON.parse(stdout)).toEqual([
    { name: 'notes', path: join(one.folder, 'notes'), mode: 'rw' },
    { name: 'odd', path: join(one.folder, 'a b'), mode: 'ro' },
  ]);
  expect((await one.run('remove', 'notes')).code).toBe(0);
  expect(one.text()).toBe(`# mine\nodd=${join(one.folder, 'a b')}:ro\n`);
});

test('a name is no pattern', async () => {
  const one = place();
  await one.run('add', 'notes', 'notes');
  const before = one.text();
  for (const name of ['.*', 'n.tes', 'note', '*', '']) {
    expect([name, (await one.run('remove', name)).code]).toEqual([name, 1]);
  }
  expect(one.text()).toBe(before);
});

test.each([
  [
    ['add', 'x', 'missing'],
    /^mobyclaw: workspace "x": there is no folder \/\S*missing\. Create it, or give another one\.$/m,
  ],
  [['add', '../x', 'notes'], /^mobyclaw: "\.\.\/x" cannot be a name/],
  [['add', 'x', 'moby'], /the data directory/],
  [['add', 'notes', 'notes', '--mode', 'all'], /Allowed choices/],
])('%j is refused, with nothing written', async (args, message) => {
  const one = place();
  mkdirSync(one.home);
  const { code, stderr } = await one.run(...args);
  expect([code === 0, stderr]).toEqual([false, expect.stringMatching(message)]);
  expect(() => one.text()).toThrow(/ENOENT/);
});

test('what is more than a project wants a word: a flag where nobody can be asked', async () => {
  const one = place();
  mkdirSync(join(one.folder, '.ssh'));
  const { code, stderr } = await one.run('add', 'x', '.ssh', '--mode', 'ro');
  expect([code, stderr]).toEqual([2, expect.stringMatching(/in ~\/\.ssh.*--allow-sensitive-folder/)]);
  expect(() => one.text()).toThrow(/ENOENT/);
  expect((await one.run('add', 'x', '.ssh', '--mode', 'ro', '--allow-sensitive-folder')).code).toBe(0);
});

test("a repository is named with what it means, and so is what the owner's programs run by themselves", async () => {
  const one = place();
  mkdirSync(join(one.folder, 'notes/.git'));
  mkdirSync(join(one.folder, 'notes/.vscode'));
  writeFileSync(join(one.folder, 'notes/.git/config'), '[core]\n\thooksPath = tools/hooks\n');
  writeFileSync(join(one.folder, 'notes/.envrc'), '');
  const { stderr } = await one.run('add', 'notes', 'notes');
  expect(stderr).toContain('read-only for his shell in containers (.git)');
  expect(stderr).toContain('.envrc, .vscode, tools/hooks (hooks of git)');
  expect((await one.run('add', 'read', 'notes', '--mode', 'ro')).stderr).not.toContain('.envrc');
});
