/**
 * Backup and restore of a data directory in which the agent's shell has worked against its owner: `sessions/` is his to
 * write, also while the backup reads it. Played as the owner has it, by the command itself.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { type Finished, runCli } from '../testing/run-cli.ts';

const SECRET = 'the private key that lies outside';

interface Place {
  home: string;
  /** Where the agent's shell works. */
  work: string;
  outside: string;
  archive: string;
  other: string;
  run(args: string[], home?: string): Promise<Finished>;
}

function place(): Place {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const work = join(home, 'sessions/work');
  const outside = join(folder, 'outside');
  for (const path of [work, join(home, 'memory'), outside]) mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'MEMORY.md'), '- Alice\n');
  writeFileSync(join(outside, 'id_ed25519'), `${SECRET}\n`);
  return {
    home,
    work,
    outside,
    archive: join(folder, 'one.tar.gz'),
    other: join(folder, 'other'),
    run: (args, other = home) =>
      runCli(args, { home: folder, env: { MOBYCLAW_HOME: other, CLI_TOKEN_OF_THE_OWNER: SECRET } }),
  };
}

const contentOf = (archive: string): string => gunzipSync(readFileSync(archive)).toString('latin1');

test('links are kept as links, wherever they lead, and bring nothing along', async () => {
  const one = place();
  const { work, outside, home } = one;
  symlinkSync(outside, join(work, 'notes'));
  symlinkSync(join(outside, 'id_ed25519'), join(work, 'key.txt'));
  symlinkSync('/proc/self/environ', join(work, 'environ'));
  symlinkSync('../../../outside/id_ed25519', join(work, 'up'));
  const cookies = new DatabaseSync(join(outside, 'cookies.db'));
  cookies.exec(`CREATE TABLE c (v); INSERT INTO c VALUES ('${SECRET}')`);
  cookies.close();
  symlinkSync(join(outside, 'cookies.db'), join(home, 'sessions/session.db'));
  const real = new DatabaseSync(join(work, 'mine.db'));
  real.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n)');
  onTestFinished(() => real.close());
  rmSync(join(work, 'mine.db-wal'));
  symlinkSync(join(outside, 'id_ed25519'), join(work, 'mine.db-wal'));

  const made = await one.run(['backup', one.archive]);
  expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining(SECRET)]);
  expect(contentOf(one.archive)).not.toContain(SECRET);
  const restored = await one.run(['restore', one.archive], one.other);
  expect(restored.code).toBe(0);
  const there = join(one.other, 'sessions');
  expect(readlinkSync(join(there, 'work/notes'))).toBe(outside);
  expect(readlinkSync(join(there, 'work/environ'))).toBe('/proc/self/environ');
  expect(readlinkSync(join(there, 'work/up'))).toBe('../../../outside/id_ed25519');
  expect(readlinkSync(join(there, 'session.db'))).toBe(join(outside, 'cookies.db'));
});

test('eight levels of eight links end', async () => {
  const one = place();
  let above = one.outside;
  for (let level = 0; level < 8; level++) {
    const folder = join(one.work, `level-${level}`);
    mkdirSync(folder);
    for (let n = 0; n < 8; n++) symlinkSync(above, join(folder, String(n)));
    above = folder;
  }
  expect((await one.run(['backup', one.archive])).code).toBe(0);
  const { links } = manifestOf(one.archive);
  expect(Object.keys(links)).toHaveLength(64);
});

test('what cannot be put in is named and ends nothing', async () => {
  const one = place();
  execFileSync('mkfifo', [join(one.work, 'pipe')]);
  const socket = createServer().listen(join(one.work, 'socket'));
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  const deep = join(one.work, 'deep');
  mkdirSync(join(deep, ...Array.from({ length: 420 }, () => 'd')), { recursive: true });
  writeFileSync(join(one.work, 'after.txt'), 'after');
  const quiet = await one.run(['backup', one.archive]);
  expect(quiet.stderr).toContain('sessions/work/pipe: a pipe');
  expect(quiet.stderr).toContain('sessions/work/socket: a socket');
  expect(quiet.stderr).toMatch(/Not in it \(3\):\n.*deeper than 400 folders/);
  expect(quiet.code).toBe(1); // there may be something down there
  rmSync(deep, { recursive: true });
  rmSync(one.archive);
  const without = await one.run(['backup', one.archive]);
  expect([without.code, without.stderr]).toEqual([0, expect.stringContaining('Without content')]);

  writeFileSync(join(one.work, 'endless'), 'SQLite format 3\0');
  truncateSync(join(one.work, 'endless'), 2 ** 43);
  const json = await one.run(['backup', `${one.archive}.2`, '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    complete: false,
    leftOut: [
      { path: 'sessions/work/endless', why: expect.stringContaining('holes'), lost: true },
      { path: 'sessions/work/pipe', lost: false },
      { path: 'sessions/work/socket', lost: false },
    ],
  });
  expect(contentOf(one.archive)).toContain('after');
});

test.skipIf(process.getuid?.() === 0)('files and folders that may not be read are named', async () => {
  const one = place();
  writeFileSync(join(one.work, 'locked'), 'x', { mode: 0 });
  mkdirSync(join(one.work, 'closed'));
  chmodSync(join(one.work, 'closed'), 0);
  onTestFinished(() => chmodSync(join(one.work, 'closed'), 0o700));
  const made = await one.run(['backup', one.archive]);
  expect(made.code).toBe(1);
  for (const name of ['locked', 'closed'])
    expect(made.stderr).toContain(`sessions/work/${name}: it cannot be read (EACCES)`);
  expect(contentOf(one.archive)).toContain('Alice');
});

/** A folder and a file are what they seem, then links out, as fast as the disk allows. */
const SWAPPER = `
  const { mkdirSync, renameSync, rmSync, symlinkSync } = require('node:fs');
  const [work, outside] = process.argv.slice(1);
  process.chdir(work);
  symlinkSync(outside, 'dir.link');
  symlinkSync(outside + '/id_ed25519', 'file.link');
  process.stdout.write('swapping');
  for (;;) {
    for (const name of ['dir', 'file']) {
      renameSync(name, name + '.real'); renameSync(name + '.link', name);
      renameSync(name, name + '.link'); renameSync(name + '.real', name);
    }
  }`;

test.skipIf(process.platform !== 'linux')(
  'no link can be swapped in while it reads',
  async () => {
    const one = place();
    mkdirSync(join(one.work, 'dir'));
    writeFileSync(join(one.work, 'dir/id_ed25519'), 'inside\n');
    writeFileSync(join(one.work, 'file'), 'inside\n');
    const child = spawn(process.execPath, ['-e', SWAPPER, one.work, one.outside], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const { dataFiles } = await import('./data-files.ts');
    const scratch = temporaryFolder();
    let inside = 0;
    for (let turn = 0; turn < 300; turn++) {
      for await (const entry of dataFiles({ root: one.home, workspaces: [], without: '', scratch })) {
        if (entry.kind !== 'file') continue;
        const text = await entry.file.readFile('utf8');
        expect(text).not.toContain(SECRET);
        if (text === 'inside\n') inside++;
      }
    }
    expect(child.exitCode).toBeNull();
    expect(inside).toBeGreaterThan(50); // it saw the real ones, too
  },
  60_000,
);

test('conversations are whole though the agent writes them all the time', async () => {
  const one = place();
  const path = join(one.home, 'sessions/session.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER, text)');
  for (let n = 0; n < 300; n++) database.prepare('INSERT INTO t VALUES (?, ?)').run(n, 'x'.repeat(500));
  expect(existsSync(`${path}-wal`)).toBe(true);
  const writer = spawn(
    process.execPath,
    [
      '-e',
      `const d = new (require('node:sqlite').DatabaseSync)(process.argv[1], { timeout: 5000 });
       d.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
       const add = d.prepare('INSERT INTO t VALUES (1000, ?)');
       process.stdout.write('writing');
       const pace = new Int32Array(new SharedArrayBuffer(4));
       for (;;) { add.run('y'.repeat(2000)); Atomics.wait(pace, 0, 0, 0.2); }`,
      path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void writer.kill('SIGKILL'));
  onTestFinished(() => database.close());
  await once(writer.stdout, 'data');
  const { steadyCopies } = await import('./session-files.ts');
  const { HeldFolder } = await import('@mobyclaw/lib/held-folder');
  const folder = await HeldFolder.root(join(one.home, 'sessions'));
  onTestFinished(() => folder.close());
  let steady = 0;
  for (let turn = 0; turn < 20; turn++) {
    const scratch = temporaryFolder();
    const copied = await steadyCopies(folder, Buffer.from('session.db'), scratch);
    if (!copied.steady) continue;
    steady++;
    for (const { name, file } of copied.copies)
      writeFileSync(join(scratch, name.toString()), readFileSync(file));
    using copy = new DatabaseSync(join(scratch, 'session.db'));
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(copy.prepare('SELECT count(*) AS n FROM t WHERE n < 1000').get()).toEqual({ n: 300 });
  }
  expect(steady).toBeGreaterThan(0);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  expect((await one.run(['backup', one.archive])).code).toBe(0);
  expect((await one.run(['restore', one.archive], one.other)).code).toBe(0);
  using restored = new DatabaseSync(join(one.other, 'sessions/session.db'));
  expect(restored.prepare('SELECT count(*) AS n FROM t').get()).toEqual(
    database.prepare('SELECT count(*) AS n FROM t').get(),
  );
}, 60_000);

test("the owner's own links are followed out of the data directory, and into nothing that Moby writes", async () => {
  const one = place();
  const notes = join(one.home, '../dropbox');
  const shared = join(one.home, '../shared');
  for (const path of [notes, shared]) mkdirSync(path);
  writeFileSync(join(notes, '2026-01-01.md'), 'a day');
  writeFileSync(join(shared, 'planted.md'), SECRET);
  writeFileSync(join(one.home, 'workspaces.conf'), `shared=${shared}:rw\n`);
  rmSync(join(one.home, 'memory'), { recursive: true });
  symlinkSync(notes, join(one.home, 'memory'));
  symlinkSync(shared, join(one.home, 'shared'));
  symlinkSync(join(shared, 'planted.md'), join(notes, 'planted.md'));
  symlinkSync(one.work, join(one.home, 'work'));
  const made = await one.run(['backup', one.archive, '--json']);
  expect(made.code).toBe(1);
  expect(JSON.parse(made.stdout).leftOut.map(({ path }: { path: string }) => path)).toEqual([
    'memory/planted.md',
    'shared',
  ]);
  await one.run(['restore', one.archive], one.other);
  expect(lstatSync(join(one.other, 'memory')).isDirectory()).toBe(true);
  expect(readFileSync(join(one.other, 'memory/2026-01-01.md'), 'utf8')).toBe('a day');
  expect(readlinkSync(join(one.other, 'shared'))).toBe(shared);
  expect(readlinkSync(join(one.other, 'work'))).toBe('sessions/work'); // of its own, wherever that now is
  expect(readdirSync(join(one.other, 'work'))).toEqual([]);
  expect(contentOf(one.archive)).not.toContain(SECRET);
});

function manifestOf(archive: string): { links: Record<string, string> } {
  return JSON.parse(execFileSync('tar', ['xzfO', archive, 'manifest.json'], { encoding: 'utf8' }));
}
