/** What a restore refuses, made by hand as somebody would who wants it to write elsewhere; and to whom its files belong. */
import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { GATEWAY_SCHEMA } from '@mobyclaw/protocol/schema-version';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

const asRoot = test.runIf(process.getuid?.() === 0);

function place() {
  const folder = temporaryFolder();
  const archive = join(folder, 'one.tar.gz');
  const home = join(folder, 'moby');
  writeFileSync(join(folder, 'victim'), 'untouched');
  const restore = (...args: string[]) =>
    runCli(['restore', archive, ...args], { home: folder, env: { MOBYCLAW_HOME: home } });
  return { folder, archive, home, restore };
}

type Entry = Parameters<ReturnType<typeof pack>['entry']>[0] & { content?: string | Buffer };

/** An archive of these entries, with a manifest that says the truth about them. */
async function craft(archive: string, entries: Entry[], extra: object = {}): Promise<void> {
  const tar = pack();
  const manifest = {
    format: 2,
    version: '0.1.0',
    createdAt: '2026-01-01T00:00:00.000Z',
    files: {} as Record<string, object>,
    links: {} as Record<string, string>,
    hardLinks: {} as Record<string, string>,
    leftOut: [],
    ...extra,
  };
  for (const { content = '', ...header } of entries) {
    if (header.type === 'symlink') manifest.links[header.name] = header.linkname ?? '';
    else if (header.type === 'link') manifest.hardLinks[header.name] = header.linkname ?? '';
    else if (header.type === undefined || header.type === 'file') {
      const sha256 = createHash('sha256').update(content).digest('hex');
      manifest.files[header.name] = { size: content.length, sha256 };
    }
    if (header.type === undefined || header.type === 'file') tar.entry(header, content);
    else tar.entry(header);
  }
  tar.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  writeFileSync(archive, gzipSync(Buffer.concat(chunks)));
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

test.each<[string, Entry[]]>([
  [
    'a file below a link',
    [
      { name: 'data/a', type: 'symlink', linkname: '..' },
      { name: 'data/a/victim', content: 'x' },
    ],
  ],
  [
    'a link below a link',
    [
      { name: 'data/a', type: 'symlink', linkname: '..' },
      { name: 'data/a/planted', type: 'symlink', linkname: '/etc/passwd' },
    ],
  ],
  [
    'a file over a link',
    [
      { name: 'data/a', type: 'symlink', linkname: '../victim' },
      { name: 'data/a', content: 'x' },
    ],
  ],
  [
    'a folder over a link',
    [
      { name: 'data/a', type: 'symlink', linkname: '..' },
      { name: 'data/a/', type: 'directory' },
      { name: 'data/a/b', content: 'x' },
    ],
  ],
  ['a hard link to what lies outside', [{ name: 'data/a', type: 'link', linkname: '/etc/passwd' }]],
  ['a hard link by ..', [{ name: 'data/a', type: 'link', linkname: 'data/../victim' }]],
  [
    'a hard link to a link',
    [
      { name: 'data/l', type: 'symlink', linkname: '../victim' },
      { name: 'data/a', type: 'link', linkname: 'data/l' },
    ],
  ],
  [
    'a name in bytes that leads out',
    [{ name: 'data/a', content: 'x', pax: { 'MOBYCLAW.path': hex('../victim') } }],
  ],
  [
    'an absolute name in bytes',
    [{ name: 'data/a', content: 'x', pax: { 'MOBYCLAW.path': hex('/etc/evil') } }],
  ],
  [
    'the same file twice',
    [
      { name: 'data/a', content: 'x' },
      { name: 'data/a', content: 'x' },
    ],
  ],
  ['a pipe', [{ name: 'data/a', type: 'fifo' }]],
  ['a device', [{ name: 'data/a', type: 'block-device' }]],
])('%s is refused, and nothing is written', async (_, entries) => {
  const one = place();
  await craft(one.archive, entries);
  const { code, stderr } = await one.restore();
  expect([code, stderr]).toEqual([1, expect.stringContaining('othing was changed')]);
  expect(readdirSync(one.folder).toSorted()).toEqual(['one.tar.gz', 'victim']);
  expect(readFileSync(join(one.folder, 'victim'), 'utf8')).toBe('untouched');
});

test('the same by hand, and honest, is taken', async () => {
  const one = place();
  await craft(one.archive, [
    { name: 'data/sessions/notes', type: 'symlink', linkname: '/somewhere' },
    { name: 'data/a', content: 'x' },
    { name: 'data/b', type: 'link', linkname: 'data/a' },
  ]);
  expect((await one.restore()).code).toBe(0);
  expect(lstatSync(join(one.home, 'b')).ino).toBe(lstatSync(join(one.home, 'a')).ino);
});

test('a backup of a later form, or with a database that this version does not know, says what to do', async () => {
  const one = place();
  await craft(one.archive, [{ name: 'data/a', content: 'x' }], { format: 3, version: '9.1.0' });
  const later = await one.restore();
  expect([later.code, later.stderr]).toEqual([
    1,
    expect.stringMatching(/newer Mobyclaw \(9\.1\.0; .*git pull/),
  ]);
  for (const [schema, code] of [
    [GATEWAY_SCHEMA + 1, 1],
    [GATEWAY_SCHEMA, 0],
  ] as const) {
    const database = new DatabaseSync(join(one.folder, `${schema}.db`));
    database.exec(`CREATE TABLE t (n); PRAGMA user_version = ${schema}`);
    database.close();
    const content = readFileSync(join(one.folder, `${schema}.db`));
    await craft(one.archive, [{ name: 'data/gateway/gateway.db', content }]);
    const result = await one.restore();
    expect([schema, result.code, existsSync(one.home)]).toEqual([schema, code, code === 0]);
    if (code === 1) expect(result.stderr).toMatch(/newer Mobyclaw .*git pull/);
  }
});

test('a backup of the first form is taken as it is', async () => {
  const one = place();
  const sha256 = createHash('sha256').update('x').digest('hex');
  const files = { 'data/a': { size: 1, sha256 } };
  const old = { format: 1, files, links: undefined, hardLinks: undefined, leftOut: undefined };
  await craft(one.archive, [{ name: 'data/a', content: 'x' }], old);
  expect((await one.restore()).code).toBe(0);
  expect(readFileSync(join(one.home, 'a'), 'utf8')).toBe('x');
});

asRoot('root restores for the owner, however deep, and hands out nothing by a link', async () => {
  const one = place();
  mkdirSync(one.home);
  writeFileSync(join(one.home, 'MEMORY.md'), '');
  chownSync(one.home, 4711, 4712);
  await craft(one.archive, [
    { name: 'data/sessions/work/a/b/deep', content: 'x' },
    { name: 'data/sessions/work/a/b/other', type: 'link', linkname: 'data/sessions/work/a/b/deep' },
    { name: 'data/sessions/work/victim', type: 'symlink', linkname: join(one.folder, 'victim') },
    { name: 'env', content: 'A=b\n' },
  ]);
  expect((await one.restore('--replace')).code).toBe(0);
  for (const path of [
    '',
    'sessions',
    'sessions/work/a/b',
    'sessions/work/a/b/deep',
    'sessions/work/victim',
    'env.restored',
  ])
    expect([path, lstatSync(join(one.home, path)).uid]).toEqual([path, 4711]);
  expect(lstatSync(join(one.folder, 'victim')).uid).toBe(0);

  const users = join(one.folder, 'home');
  mkdirSync(users);
  chownSync(users, 815, 816);
  const fresh = join(users, 'moby');
  await runCli(['restore', one.archive], { home: one.folder, env: { MOBYCLAW_HOME: fresh } });
  expect(lstatSync(join(fresh, 'sessions/work/a/b/deep')).gid).toBe(816);
});

test('from when it is, is told in the time zone of the owner', async () => {
  const { archive, folder, home } = place();
  await craft(archive, [{ name: 'data/MEMORY.md', content: '# Memory' }]);
  const env = { MOBYCLAW_HOME: home, MOBYCLAW_TZ: 'Asia/Tokyo' };
  const { code, stderr } = await runCli(['restore', archive], { home: folder, env });
  expect([code, stderr]).toEqual([0, expect.stringContaining('as it was on 2026-01-01 09:00 (')]);
});

test('what was forgotten since the backup is due again in what it brings back', async () => {
  const { archive, home, restore } = place();
  const entry = (id: string) => ({
    id,
    at: '2026-01-01T00:00:00.000Z',
    mark: { conversation: ['cli:main'] },
    state: 'done',
  });
  const list = (...ids: string[]): string => JSON.stringify({ forgotten: ids.map(entry) });
  const folder = { name: 'data/gateway', type: 'directory' as const };
  await craft(archive, [folder, { name: 'data/gateway/forgotten.json', content: list('before') }]);
  mkdirSync(join(home, 'gateway'), { recursive: true });
  writeFileSync(join(home, 'gateway/forgotten.json'), list('before', 'since'));
  expect((await restore('--replace')).code).toBe(0);
  const { forgotten } = JSON.parse(readFileSync(join(home, 'gateway/forgotten.json'), 'utf8'));
  expect(forgotten).toEqual([entry('before'), { ...entry('since'), state: 'due' }]);
});
