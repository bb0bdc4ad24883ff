/** Backup and restore as the owner runs them: real files, a database that is being written, real damage. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { pack } from 'tar-stream';
import { expect, onTestFinished, test } from 'vitest';
import { type Finished, runCli } from '../testing/run-cli.ts';

const PASSPHRASE = 'correct horse battery';

interface Place {
  folder: string;
  home: string;
  archive: string;
  run(args: string[], options?: { home?: string; input?: string; envFile?: string }): Promise<Finished>;
}

function place(): Place {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  return {
    folder,
    home,
    archive: join(folder, 'one.tar.gz'),
    run: (args, { home: other = home, input = '', envFile } = {}) =>
      runCli(
        args,
        { home: folder, env: { MOBYCLAW_HOME: other, ...(envFile && { MOBYCLAW_ENV_FILE: envFile }) } },
        input,
      ),
  };
}

/** A data directory with a database in the middle of being written, as when Moby runs. */
async function filled(one: Place): Promise<DatabaseSync> {
  const { home } = one;
  for (const name of [
    'gateway/.index',
    'memory/.index',
    'sessions/engine',
    'run',
    'logs',
    'backups',
    'models/tiny',
    'empty',
  ])
    mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'MEMORY.md'), '# Memory\n- grün 🦎\n', { mode: 0o600 });
  writeFileSync(join(home, 'memory/2026-01-01.md'), '');
  writeFileSync(join(home, 'logs/gateway.log'), 'x'.repeat(5_000_000));
  writeFileSync(join(home, `${'long-name-'.repeat(20)}.md`), 'long');
  writeFileSync(join(home, 'credentials.env'), 'GITHUB_TOKEN=ghp_secret\n', { mode: 0o600 });
  writeFileSync(join(home, 'run/chat-history'), 'hello\n');
  writeFileSync(join(home, 'run/images.json'), '{}');
  writeFileSync(join(home, 'backups/before-upgrade-1.tar.gz'), 'old');
  writeFileSync(join(home, 'models/tiny/model.onnx'), 'fetched');
  writeFileSync(join(home, 'memory/.index/search.db'), 'derived');
  writeFileSync(join(home, 'gateway/.index/history.db'), 'derived');
  writeFileSync(join(one.folder, 'elsewhere.md'), 'linked');
  symlinkSync(join(one.folder, 'elsewhere.md'), join(home, 'memory/linked.md'));
  symlinkSync(home, join(home, 'memory/loop'));
  symlinkSync('/nonexistent', join(home, 'memory/dangling.md'));
  const socket = createServer().listen(join(home, 'sessions/agent.sock'));
  onTestFinished(() => void socket.close());
  await new Promise((resolve) => socket.once('listening', resolve));
  const database = new DatabaseSync(join(home, 'gateway/gateway.db'));
  onTestFinished(() => database.close());
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n INTEGER)');
  for (let n = 0; n < 500; n++) database.prepare('INSERT INTO t VALUES (?)').run(n);
  return database;
}

function rows(home: string): unknown {
  using database = new DatabaseSync(join(home, 'gateway/gateway.db'));
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  return database.prepare('SELECT count(*) AS n FROM t').get()?.n;
}

test('there and back, while a database is written: all that is his, nothing of the processes', async () => {
  const one = place();
  const database = await filled(one);
  database.exec('BEGIN; INSERT INTO t VALUES (-1)'); // not yet said, so not in the copy
  const made = await one.run(['backup', one.archive]);
  expect([made.code, made.stdout]).toEqual([0, `${one.archive}\n`]);
  expect(made.stderr).toMatch(/^\d+ files, .*, not encrypted\. \.env with its keys is not in it/m);
  expect(statSync(one.archive).mode & 0o777).toBe(0o600);

  const other = join(one.folder, 'other');
  const restored = await one.run(['restore', one.archive], { home: other });
  expect([restored.code, restored.stderr]).toEqual([0, expect.stringContaining('./mobyclaw up')]);
  expect(rows(other)).toBe(500);
  expect(readFileSync(join(other, 'MEMORY.md'), 'utf8')).toBe('# Memory\n- grün 🦎\n');
  expect(readFileSync(join(other, 'logs/gateway.log'), 'utf8')).toHaveLength(5_000_000);
  expect(readFileSync(join(other, 'memory/linked.md'), 'utf8')).toBe('linked');
  expect(readFileSync(join(other, 'run/chat-history'), 'utf8')).toBe('hello\n');
  expect(readdirSync(join(other, 'empty'))).toEqual([]);
  expect(statSync(other).mode & 0o777).toBe(0o700);
  expect(statSync(join(other, 'credentials.env')).mode & 0o777).toBe(0o600);
  for (const left of [
    'backups',
    'models',
    'run/images.json',
    'memory/.index',
    'gateway/.index',
    'sessions/engine',
    'sessions/agent.sock',
    'gateway/gateway.db-wal',
  ]) {
    expect([left, existsSync(join(other, left))]).toEqual([left, false]);
  }
  expect(readlinkSync(join(other, 'memory/loop'))).toBe('..'); // to what is in the backup by itself
  expect(readlinkSync(join(other, 'memory/dangling.md'))).toBe('/nonexistent');
  expect(readdirSync(one.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  const listed = execFileSync('tar', ['tzf', one.archive], { encoding: 'utf8' });
  expect(listed).toContain('data/MEMORY.md');
});

test('an encrypted one: shows nothing, takes the right passphrase only, and proves every byte', async () => {
  const one = place();
  await filled(one);
  const input = `${PASSPHRASE}\n`;
  const made = await one.run(['backup', one.archive, '--passphrase-stdin', '--json'], { input });
  expect(made.code).toBe(0);
  const bytes = readFileSync(one.archive);
  expect(JSON.parse(made.stdout)).toEqual({
    file: one.archive,
    files: expect.any(Number),
    bytes: bytes.length,
    encrypted: true,
    complete: true,
    leftOut: [{ path: 'sessions/agent.sock', why: expect.any(String), lost: false }],
  });
  expect(made.stderr).toMatch(/^\d+ files, .*, encrypted\. \.env with its keys is not in it/m);
  expect(bytes.includes('MEMORY')).toBe(false);

  const other = join(one.folder, 'other');
  const wrong = await one.run(['restore', one.archive, '--passphrase-stdin'], {
    home: other,
    input: 'wrong\n',
  });
  expect([wrong.code, wrong.stderr]).toEqual([1, 'mobyclaw: That is not the passphrase of this backup.\n']);
  const none = await one.run(['restore', one.archive], { home: other });
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--passphrase-stdin')]);
  for (const at of [9, 20, 45, bytes.length >> 1, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const file = join(one.folder, `damaged-${at}`);
    writeFileSync(file, damaged);
    const result = await one.run(['restore', file, '--passphrase-stdin'], { home: other, input });
    expect([at, result.code]).toEqual([at, 1]);
  }
  expect(existsSync(other)).toBe(false);
  const right = await one.run(['restore', one.archive, '--passphrase-stdin'], { home: other, input });
  expect(right.code).toBe(0);
  expect(rows(other)).toBe(500);
}, 60_000);

test('cut short anywhere, or damaged, it is refused and nothing has changed', async () => {
  const one = place();
  await filled(one);
  await one.run(['backup', one.archive]);
  const bytes = readFileSync(one.archive);
  mkdirSync(join(one.folder, 'other'));
  writeFileSync(join(one.folder, 'other/MEMORY.md'), 'mine');
  for (const length of [0, 5, 200, bytes.length >> 1, bytes.length - 9, bytes.length - 1]) {
    const file = join(one.folder, `cut-${length}`);
    writeFileSync(file, bytes.subarray(0, length));
    const result = await one.run(['restore', file, '--replace'], { home: join(one.folder, 'other') });
    expect([length, result.code, result.stderr]).toEqual([
      length,
      1,
      expect.stringContaining('othing was changed'),
    ]);
  }
  expect(readdirSync(join(one.folder, 'other'))).toEqual(['MEMORY.md']);
  expect(readdirSync(one.folder).filter((name) => name.includes('restor'))).toEqual([]);
}, 60_000);

test('a data directory that holds something is replaced only when told so, and set aside', async () => {
  const one = place();
  await filled(one);
  await one.run(['backup', one.archive]);
  appendFileSync(join(one.home, 'MEMORY.md'), '- newer\n');
  const refused = await one.run(['restore', one.archive]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--replace')]);
  expect(readFileSync(join(one.home, 'MEMORY.md'), 'utf8')).toContain('newer');
  const done = await one.run(['restore', one.archive, '--replace']);
  expect(done.code).toBe(0);
  expect(readFileSync(join(one.home, 'MEMORY.md'), 'utf8')).not.toContain('newer');
  const aside = readdirSync(one.folder).find((name) => name.startsWith('moby.before-restore-')) ?? '';
  expect(readFileSync(join(one.folder, aside, 'MEMORY.md'), 'utf8')).toContain('newer');
  expect(done.stderr).toContain(aside);
});

test('settings only when asked for; the present ones stay in force, another home is fitted', async () => {
  const one = place();
  await filled(one);
  const envFile = join(one.folder, 'settings.env');
  writeFileSync(envFile, `OPENAI_API_KEY=sk-1\nMOBYCLAW_HOME=${one.home}\n`, { mode: 0o600 });
  await one.run(['backup', one.archive], { envFile });
  expect(execFileSync('tar', ['tzf', one.archive], { encoding: 'utf8' })).not.toMatch(/^env$/m);
  const withEnv = join(one.folder, 'with-env.tar.gz');
  await one.run(['backup', withEnv, '--env'], { envFile });
  const other = join(one.folder, 'other');
  const { stderr } = await one.run(['restore', withEnv], { home: other, envFile });
  expect(stderr).toContain(join(other, 'env.restored'));
  expect(readFileSync(join(other, 'env.restored'), 'utf8')).toBe(
    `OPENAI_API_KEY=sk-1\nMOBYCLAW_HOME=${other}\n`,
  );
  expect(statSync(join(other, 'env.restored')).mode & 0o777).toBe(0o600);
  expect(readFileSync(envFile, 'utf8')).toContain(one.home);
});

test('it replaces no file, and leaves none behind where it fails', async () => {
  const one = place();
  await filled(one);
  writeFileSync(one.archive, 'precious');
  const there = await one.run(['backup', one.archive]);
  expect([there.code, there.stderr]).toEqual([1, expect.stringContaining('is there already')]);
  expect(readFileSync(one.archive, 'utf8')).toBe('precious');
  writeFileSync(join(one.home, 'gateway/broken.db'), `SQLite format 3\0${'junk'.repeat(300)}`);
  const broken = join(one.folder, 'broken.tar.gz');
  const failed = await one.run(['backup', broken]);
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/broken\.db cannot be copied/)]);
  expect(existsSync(broken)).toBe(false);
  const short = await one.run(['backup', broken, '--passphrase-stdin'], { input: 'short\n' });
  expect([short.code, existsSync(broken)]).toEqual([2, false]);
});

test.each([
  ['data/../../evil', 'file'],
  ['/etc/evil', 'file'],
  ['data//evil', 'file'],
  ['data/link', 'symlink'],
  ['data/device', 'character-device'],
] as const)('an archive with %s (%s) is refused', async (name, type) => {
  const one = place();
  const archive = pack();
  if (type === 'file') archive.entry({ name }, 'x');
  else archive.entry({ name, type, linkname: '/etc/passwd' });
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  writeFileSync(one.archive, gzipSync(Buffer.concat(chunks)));
  const { code, stderr } = await one.run(['restore', one.archive]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('othing was changed')]);
  expect(readdirSync(one.folder)).toEqual(['one.tar.gz']);
});

test.skipIf(process.getuid?.() === 0)('a place that cannot be written is named', async () => {
  const one = place();
  await filled(one);
  chmodSync(one.folder, 0o500);
  onTestFinished(() => chmodSync(one.folder, 0o700));
  expect((await one.run(['backup', one.archive])).stderr).toContain('EACCES');
});
