import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSeals } from '@mobyclaw/lib/workspace-folders/seals';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { overrideText, unsealedRepositories, writeOverride } from './override.ts';

function folders(...paths: string[]): string {
  const root = temporaryFolder();
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
  return root;
}

const seals = async (...workspaces: Parameters<typeof findSeals>[0]) => {
  const { seals, open } = await findSeals(workspaces);
  return { seals: seals.map(({ workspace, path, kind }) => `${workspace}/${path} ${kind}`), open };
};

test('each repository near is sealed, with the folders on the way to it', async () => {
  const root = folders(
    'w/.git/modules/sub/hooks',
    'w/a/b/.git',
    'w/sub',
    'w/node_modules/x/.git',
    'w/plain/deep',
  );
  writeFileSync(join(root, 'w/sub/.git'), 'gitdir: ../.git/modules/sub\n');
  execFileSync('git', ['init', '--quiet', '--bare', join(root, 'w/mirror.git')]);
  expect((await seals({ name: 'w', path: join(root, 'w'), mode: 'rw' })).seals).toEqual([
    'w/.git readOnly',
    'w/a kept',
    'w/mirror.git readOnly',
    'w/sub kept',
    'w/a/b kept',
    'w/sub/.git readOnly',
    'w/a/b/.git readOnly',
  ]);
});

test('nothing is sealed where nothing can be written', async () => {
  const root = folders('w/.git', 'w/a/.git');
  for (const mode of ['ro', 'none'] as const)
    expect((await seals({ name: 'w', path: join(root, 'w'), mode })).seals).toEqual([]);
});

test('no link is followed, and one that is a repository is named', async () => {
  const root = folders('w/real', 'outside/x/.git');
  symlinkSync(join(root, 'outside'), join(root, 'w/out'));
  symlinkSync(join(root, 'outside/x/.git'), join(root, 'w/real/.git'));
  symlinkSync('..', join(root, 'w/real/round'));
  expect(await seals({ name: 'w', path: join(root, 'w'), mode: 'rw' })).toEqual({
    seals: [],
    open: ['w/real/.git is a link'],
  });
});

test('what lies too deep is not looked for, and that is said', async () => {
  const root = folders('w/1/2/3/4/5/6/7/8/.git');
  const found = await seals({ name: 'w', path: join(root, 'w'), mode: 'rw' });
  expect(found).toEqual({ seals: [], open: [expect.stringContaining('w is too large')] });
});

test('a workspace inside of another keeps its mode there, by whatever link it is named', async () => {
  const root = folders('w/a/pub/.git', 'w/a/secret/x', 'w/work/in/.git', 'r/secret');
  symlinkSync(join(root, 'w/a/pub'), join(root, 'link'));
  const found = await seals(
    { name: 'w', path: join(root, 'w'), mode: 'rw' },
    { name: 'pub', path: join(root, 'link'), mode: 'ro' },
    { name: 'secret', path: join(root, 'w/a/secret'), mode: 'none' },
    { name: 'work', path: join(root, 'w/work'), mode: 'rw' },
    { name: 'r', path: join(root, 'r'), mode: 'ro' },
    { name: 'in-r', path: join(root, 'r/secret'), mode: 'none' },
  );
  expect(found.seals).toEqual([
    'w/a kept',
    'w/work kept',
    'w/a/pub readOnly',
    'w/a/secret hidden',
    'w/work/in kept',
    'w/work/in/.git readOnly',
    'work/in kept',
    'work/in/.git readOnly',
    'r/secret hidden',
  ]);
});

test('the override mounts them, outer ones first, and says to the parts what they must find', async () => {
  const root = folders('w/$a b/.git', 'w/pub', 'w/secret');
  const workspaces = [
    { name: 'w', path: join(root, 'w'), mode: 'rw' as const },
    { name: 'pub', path: join(root, 'w/pub'), mode: 'ro' as const },
    { name: 'secret', path: join(root, 'w/secret'), mode: 'none' as const },
  ];
  const { seals } = await findSeals(workspaces);
  const { services } = parse(overrideText({ workspaces, seals }) ?? '');
  const shown = ({
    volumes,
  }: {
    volumes: { type: string; source?: string; target: string; read_only: boolean }[];
  }) =>
    volumes.map(({ type, source = '', target, read_only }) =>
      [type, source.replace(root, ''), target, read_only ? 'ro' : 'rw'].join(' '),
    );
  const below = [
    'bind /w/$$a b /workspace/w/$$a b rw',
    'bind /w/pub /workspace/w/pub ro',
    'bind /w/secret /workspace/w/secret ro',
    'bind /w/$$a b/.git /workspace/w/$$a b/.git ro',
  ];
  expect(shown(services.workspace)).toEqual([
    'bind /w /workspace/w rw',
    'bind /w/pub /workspace/pub ro',
    'bind /w/secret /workspace/secret ro',
    ...below,
  ]);
  expect(shown(services.moby)).toEqual([
    'bind /w /workspace/w rw',
    'bind /w/pub /workspace/pub ro',
    ...below.map((line) => (line.includes('secret') ? 'tmpfs  /workspace/w/secret ro' : line)),
  ]);
  expect(JSON.parse(services.moby.environment.MOBYCLAW_SEALS.replaceAll('$$', '$'))).toEqual([
    { at: '/workspace/w/$a b', base: '/workspace/w', path: '$a b' },
    { at: '/workspace/w/pub', base: '/workspace/w', path: 'pub' },
    { at: '/workspace/pub', base: '/workspace/w', path: 'pub' },
    { at: '/workspace/w/secret' },
    { at: '/workspace/w/$a b/.git', base: '/workspace/w', path: '$a b/.git' },
  ]);
});

test('a repository that appears later is named until it is sealed', async () => {
  const root = folders('home', 'checkout', 'w/mine/.git');
  const [home, checkout] = [join(root, 'home'), join(root, 'checkout')];
  writeFileSync(join(home, 'workspaces.conf'), `w=${root}/w\n`);
  expect((await writeOverride(home, checkout, {})).unsealed).toEqual([]);
  mkdirSync(join(root, 'w/planted $/.git'), { recursive: true });
  expect(await unsealedRepositories(home, checkout, {})).toEqual(['/workspace/w/planted $/.git']);
  expect((await writeOverride(home, checkout, {})).unsealed).toEqual(['/workspace/w/planted $/.git']);
  expect(await unsealedRepositories(home, checkout, {})).toEqual([]);
});
