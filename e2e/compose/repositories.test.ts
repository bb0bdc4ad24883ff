/** Repositories and workspaces inside of a writable workspace, attacked from the agent's shell; the owner runs git here. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { docker, tryDocker } from './docker.ts';
import { useStack } from './stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-repositories-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const code = join(folder, 'code');
const ran = join(folder, 'ran'); // what an attack that works leaves behind

const git = (at: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Owner', '-c', 'user.email=owner@example.com', ...args], {
    cwd: at,
    encoding: 'utf8',
    stdio: 'pipe',
  });

function repository(path: string): string {
  mkdirSync(path, { recursive: true });
  git(path, 'init', '--quiet');
  writeFileSync(join(path, 'file.txt'), 'content\n');
  git(path, 'add', '.');
  git(path, 'commit', '--quiet', '--message', 'First');
  return path;
}

const app = repository(join(code, 'projects/app'));
repository(code);
git(code, 'worktree', 'add', '--quiet', 'tree');
git(code, 'clone', '--quiet', '--bare', '.', 'bare.git');
const pub = join(code, 'docs/pub');
const hidden = join(code, 'hidden');
for (const path of [pub, hidden]) {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'file.txt'), 'content\n');
}
// So that nothing but the mounts stands in the way.
execFileSync('chmod', ['-R', 'a+rwX', folder]);

describe.skipIf(!requireDocker())('a workspace with repositories in it', () => {
  const stack = useStack({
    workspaces: `code=${code}:rw\npub=${pub}:ro\nhidden=${hidden}:none\n`,
    soul: (text) =>
      text.replace('provider: anthropic', 'provider: offline').replace('claude-sonnet-4-5', 'offline'),
  });

  /** A line of the agent's shell; its status. */
  const shell = async (line: string): Promise<number> =>
    (
      await tryDocker(
        ['exec', stack().container('moby'), 'sh', '-c', `cd /workspace/code && { ${line}; }`],
        {},
      )
    ).code;

  const evil = `printf '[core]\\n\\trepositoryformatversion = 0\\n\\tfsmonitor = "touch ${ran}; false"\\n'`;

  test.each([
    ['a setting', `${evil} > .git/config`],
    ['a setting, put in its place', `${evil} > x && mv -f x .git/config`],
    ['a hook', `printf '#!/bin/sh\\ntouch ${ran}\\n' > .git/hooks/pre-commit`],
    ['settings elsewhere', `mkdir -p other && ${evil} > other/config && echo ../other > .git/commondir`],
    ['another repository in its place', `mv .git gone && mkdir .git && ${evil} > .git/config`],
    ['no repository any more', 'rm -rf .git/HEAD .git'],
    [
      'a repository of his in the index',
      `git -c safe.directory=* init --quiet evil && ${evil} >> evil/.git/config && git -c safe.directory=* -c user.name=a -c user.email=a@example.com -C evil commit --quiet --allow-empty -m x; git -c safe.directory=* -c core.fsmonitor=false add evil`,
    ],
    ['a setting of a repository further in', `${evil} > projects/app/.git/config`],
    ['another repository further in', 'mv projects/app/.git projects/app/gone'],
    ['another folder around it', 'mv projects/app projects/gone'],
    ['another folder around that', 'mv projects gone'],
    ['another repository for a worktree', 'rm tree/.git || mv tree gone'],
    ['a setting of a bare repository', `${evil} > bare.git/config`],
    ['another bare repository', 'mv bare.git gone'],
    ['what is read-only', 'echo changed > docs/pub/file.txt'],
    ['another folder for what is read-only', 'mv docs gone'],
    ['what is hidden', 'cat hidden/file.txt'],
    ['a file in what is hidden', 'touch hidden/new.txt'],
  ])('%s cannot be had from the shell, and the owner runs nothing of it', async (_, line) => {
    expect(await shell(line)).not.toBe(0);
    for (const at of [code, app, join(code, 'tree'), join(code, 'bare.git')]) {
      git(at, 'log', '--oneline');
      if (at !== join(code, 'bare.git')) git(at, 'status');
    }
    expect(existsSync(ran)).toBe(false);
    expect(readFileSync(join(pub, 'file.txt'), 'utf8')).toBe('content\n');
    expect(existsSync(join(hidden, 'new.txt'))).toBe(false);
  });

  test('the same settings, written by the owner, would run: the attack is real', () => {
    const own = repository(join(folder, 'own'));
    git(own, 'config', 'core.fsmonitor', `touch ${ran}; false`);
    git(own, 'status');
    expect(existsSync(ran)).toBe(true);
    rmSync(ran);
  });

  test('he works in there as before, and the owner commits it', async () => {
    expect(
      await shell('echo changed > file.txt && echo new > projects/app/new.txt && mkdir -p docs/more'),
    ).toBe(0);
    expect(
      await shell(
        'git -c safe.directory=* status && git -c safe.directory=* diff && git -c safe.directory=* log',
      ),
    ).toBe(0);
    git(code, 'commit', '--quiet', '--all', '--message', 'Second');
    git(code, 'config', 'branch.master.remote', 'origin'); // git puts a new file in the place of the old one
    expect(await shell(`${evil} > .git/config`)).not.toBe(0);
    expect(git(code, 'status', '--short')).not.toContain('file.txt');
  });

  test('where a link has taken the place of a folder by the next start, nothing starts', async () => {
    const private_ = repository(join(folder, 'private'));
    execFileSync('chmod', ['-R', 'a+rwX', private_]);
    await stack().compose(['stop', 'moby']);
    renameSync(app, `${app}.gone`);
    symlinkSync(private_, app);
    await docker(['start', stack().container('moby')]);
    const log = async (): Promise<string> => {
      const { stdout, stderr } = await tryDocker(['logs', stack().container('moby')]);
      return stdout + stderr;
    };
    await until('the refusal', async () =>
      (await log()).includes('/workspace/code/projects/app is not mounted'),
    );
    const { State } = await stack().inspect('moby');
    expect(State.Health?.Status).not.toBe('healthy');
    rmSync(app);
    renameSync(`${app}.gone`, app);
    await stack().compose(['restart', 'moby']);
    await stack().ready();
  });
});
