/** A backup is complete: what a folder can hold comes back as it was, also what most programs do not expect. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { BackupArchive } from './archive.ts';
import { FORMAT } from './manifest.ts';

const NOT_UTF8 = Buffer.from([0x63, 0x61, 0x66, 0xe9]); // "café" in Latin-1

function place() {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const work = join(home, 'sessions/work');
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const archive = join(folder, 'one.tar.gz');
  const run = (args: string[], other = home) => runCli(args, { home: folder, env: { MOBYCLAW_HOME: other } });
  return { folder, home, work, archive, run, other: join(folder, 'other') };
}

/** Path, kind, mode, time in seconds and content of all below, names as bytes. */
function everything(root: string): string[] {
  const script = `cd "$1" && find . -mindepth 1 -printf '%p|%y|%m|%Ts|%s|%l\\0' | sort -z | tr '\\0\\n' '\\n?'`;
  return execFileSync('sh', ['-c', script, 'sh', root], { encoding: 'latin1' }).split('\n');
}

test.skipIf(process.platform !== 'linux')(
  'there and back: names, kinds, modes and times of all sorts',
  async () => {
    const one = place();
    const { home, work } = one;
    for (const lock of [
      'yarn.lock',
      'Cargo.lock',
      'poetry.lock',
      '.tmp-notes',
      '.tmp-12-abcdef012345',
      '.backup-1-x.db',
    ])
      writeFileSync(join(work, lock), lock);
    mkdirSync(join(home, 'memory/.tmp-drafts'), { recursive: true });
    writeFileSync(join(home, 'memory/.tmp-drafts/idea.lock'), 'mine');
    writeFileSync(join(home, 'gateway.lock'), 'not the one of the gateway');
    const odd = Buffer.concat([Buffer.from(`${work}/`), NOT_UTF8]);
    mkdirSync(odd);
    writeFileSync(Buffer.concat([odd, Buffer.from('/'), NOT_UTF8]), 'bytes');
    symlinkSync(NOT_UTF8, Buffer.concat([odd, Buffer.from('/link')]));
    writeFileSync(join(work, 'caf\\xE9'), 'the same to look at');
    writeFileSync(join(work, 'two\nlines "and" quotes\\'), 'x');
    writeFileSync(join(work, `${'ä'.repeat(120)}.txt`), 'long');
    mkdirSync(join(work, ...Array.from({ length: 12 }, (_, n) => `folder-${n}-${'x'.repeat(80)}`)), {
      recursive: true,
    });
    for (const name of ['empty', 'locked-up']) mkdirSync(join(work, name));
    writeFileSync(join(work, 'locked-up/read-only'), 'x', { mode: 0o400 });
    chmodSync(join(work, 'locked-up'), 0o500);
    writeFileSync(join(work, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(work, 'one'), 'shared content');
    linkSync(join(work, 'one'), join(work, 'two'));
    writeFileSync(join(work, 'sparse'), 'begin');
    truncateSync(join(work, 'sparse'), 300e6);
    appendFileSync(join(work, 'sparse'), 'end');
    for (const [name, time] of [
      ['one', 4_102_444_800],
      ['run.sh', -86_400],
      ['empty', 1_000_000_000],
    ] as const)
      utimesSync(join(work, name), time, time);
    const made = await one.run(['backup', one.archive, '--json']);
    expect([made.code, JSON.parse(made.stdout).leftOut]).toEqual([0, []]);
    const restored = await one.run(['restore', one.archive], one.other);
    expect([restored.code, restored.stderr]).toEqual([0, expect.any(String)]);
    expect(everything(one.other)).toEqual(everything(home));
    expect(
      readFileSync(
        Buffer.concat([Buffer.from(join(one.other, 'sessions/work/')), NOT_UTF8, Buffer.from('/'), NOT_UTF8]),
        'utf8',
      ),
    ).toBe('bytes');
    const there = join(one.other, 'sessions/work');
    expect(readFileSync(join(there, 'caf\\xE9'), 'utf8')).toBe('the same to look at');
    expect(statSync(join(there, 'one')).ino).toBe(statSync(join(there, 'two')).ino);
    expect(statSync(join(there, 'sparse')).blocks * 512).toBeLessThan(1e6);
    execFileSync('tar', ['xzf', one.archive, '-C', one.folder]); // any tar takes it
    expect(readdirSync(join(one.folder, 'data/sessions/work')).length).toBe(readdirSync(work).length);
  },
  60_000,
);

test('a file that becomes shorter while it is read is named, and the archive whole', async () => {
  const { folder } = place();
  const path = join(folder, 'large');
  writeFileSync(path, 'x'.repeat(6_000_000));
  const tar = pack();
  const manifest = {
    format: FORMAT,
    version: '0',
    createdAt: '',
    files: {},
    links: {},
    hardLinks: {},
    leftOut: [],
  } as const;
  const archive = new BackupArchive(tar, structuredClone({ ...manifest, leftOut: [] }));
  await using file = await open(path, 'r');
  const adding = archive.file({ path: Buffer.from('large'), mode: 0o600, mtime: new Date(0) }, file);
  const chunks: Buffer[] = [];
  const reading = (async () => {
    for await (const chunk of tar) {
      if (chunks.length === 0) truncateSync(path, 1_000_000);
      chunks.push(chunk as Buffer);
    }
  })();
  await adding;
  const { files, leftOut } = await archive.end();
  await reading;
  expect(files['data/large']?.size).toBe(6_000_000);
  expect(leftOut).toEqual([
    { path: 'large', why: expect.stringMatching(/^\d+ bytes were cut off/), lost: true },
  ]);
  writeFileSync(join(folder, 'x.tar'), Buffer.concat(chunks));
  expect(execFileSync('tar', ['tf', join(folder, 'x.tar')], { encoding: 'utf8' })).toBe(
    'data/large\nmanifest.json\n',
  );
});
