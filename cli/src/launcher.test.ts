/** The launcher itself, in a checkout of its own where npm and the build are stand-ins that count their calls. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { Finished } from './testing/run-cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const LONG_AGO = new Date('2026-01-01T00:00:00Z');

interface Checkout {
  root: string;
  run(args?: string[], options?: { path?: string; launcher?: string }): Promise<Finished>;
  calls(name: 'npm' | 'build'): number;
}

const BUILD = `
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
appendFileSync('../calls-build', 'x');
if (readFileSync('cli/src/main.ts', 'utf8').includes('syntax error')) { console.error('main.ts: syntax error'); process.exit(1); }
await new Promise((resolve) => setTimeout(resolve, 200));
mkdirSync('dist', { recursive: true });
writeFileSync('dist/cli.js', 'console.log(JSON.stringify(process.argv.slice(2))); process.exit(7);');
writeFileSync('dist/.built', 'x');
`;

/** Installs what the real one would, as far as the launcher looks. */
const NPM = `#!/bin/sh
printf x >> ../calls-npm
[ "$1" = ci ] || exit 9
if [ -e ../npm-fails ]; then echo 'npm error: no network' >&2; exit 1; fi
mkdir -p node_modules/node/bin
ln -sf '${process.execPath}' node_modules/node/bin/node
cp package-lock.json node_modules/.package-lock.json
`;

function checkout(): Checkout {
  const folder = temporaryFolder();
  const root = join(folder, 'check out');
  for (const path of ['cli/src', 'scripts']) mkdirSync(join(root, path), { recursive: true });
  copyFileSync(join(ROOT, 'mobyclaw'), join(root, 'mobyclaw'));
  copyFileSync(join(ROOT, 'scripts/dependencies-match.mjs'), join(root, 'scripts/dependencies-match.mjs'));
  writeFileSync(join(root, 'scripts/build.mjs'), `process.chdir(${JSON.stringify(root)});${BUILD}`);
  writeFileSync(join(root, 'cli/src/main.ts'), '');
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'package-lock.json'), '{"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}');
  for (const path of ['cli/src/main.ts', 'package.json', 'package-lock.json', 'scripts/build.mjs']) {
    utimesSync(join(root, path), LONG_AGO, LONG_AGO);
  }
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), NPM, { mode: 0o755 });
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const tool of [
    'sh',
    'find',
    'ln',
    'rm',
    'cat',
    'mktemp',
    'readlink',
    'sleep',
    'touch',
    'mkdir',
    'cp',
  ]) {
    const found = ['/bin', '/usr/bin'].map((at) => join(at, tool)).find(existsSync);
    if (found) symlinkSync(found, join(bin, tool));
  }
  return {
    root,
    run: (args = [], { path = bin, launcher = join(root, 'mobyclaw') } = {}) => start(launcher, args, path),
    calls(name) {
      const file = join(folder, `calls-${name}`);
      return existsSync(file) ? readFileSync(file, 'utf8').length : 0;
    },
  };
}

function start(launcher: string, args: string[], path: string): Promise<Finished> {
  const child: ChildProcess = spawn(launcher, args, { env: { PATH: path }, cwd: '/', stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('the first run installs and builds and says so; the next ones do neither', async () => {
  const one = checkout();
  const first = await one.run(['run', 'two words', '']);
  expect(first).toEqual({
    code: 7,
    stdout: '["run","two words",""]\n',
    stderr: 'Installing dependencies (first run, about a minute)…\nBuilding…\n',
  });
  expect(await one.run()).toEqual({ code: 7, stdout: '[]\n', stderr: '' });
  expect([one.calls('npm'), one.calls('build')]).toEqual([1, 1]);
  expect(readdirSync(one.root)).not.toContain('.build-lock');
});

test('a changed source is built, a changed test is not', async () => {
  const one = checkout();
  await one.run();
  writeFileSync(join(one.root, 'cli/src/main.test.ts'), '');
  expect((await one.run()).stderr).toBe('');
  writeFileSync(join(one.root, 'cli/src/new.ts'), '');
  expect((await one.run()).stderr).toBe('Building…\n');
  expect(one.calls('npm')).toBe(1);
});

test('a lock file that is newer but says the same installs nothing; a changed one does', async () => {
  const one = checkout();
  await one.run();
  const lock = join(one.root, 'package-lock.json');
  const later = new Date(Date.now() + 5_000);
  utimesSync(lock, later, later);
  await one.run();
  expect(one.calls('npm')).toBe(1);
  writeFileSync(lock, '{"packages":{"":{},"node_modules/a":{"version":"2.0.0"}}}');
  utimesSync(lock, later, later);
  expect((await one.run()).stderr).toContain('Installing dependencies');
  expect(one.calls('npm')).toBe(2);
});

test('many at the same time: one installs and builds, the others wait for it', async () => {
  const one = checkout();
  const all = await Promise.all(Array.from({ length: 6 }, () => one.run(['x'])));
  for (const { code, stdout } of all) expect([code, stdout]).toEqual([7, '["x"]\n']);
  expect([one.calls('npm'), one.calls('build')]).toEqual([1, 1]);
});

test('the lock of one that was killed does not stop the next', async () => {
  const one = checkout();
  symlinkSync('999999999', join(one.root, '.build-lock'));
  expect((await one.run()).code).toBe(7);
  expect(readdirSync(one.root)).not.toContain('.build-lock');
});

test('through a symbolic link, from anywhere', async () => {
  const one = checkout();
  const bin = join(one.root, '../links');
  mkdirSync(bin);
  symlinkSync('../check out/mobyclaw', join(bin, 'moby'));
  symlinkSync(join(bin, 'moby'), join(bin, 'again'));
  expect((await one.run(['y'], { launcher: join(bin, 'again') })).stdout).toBe('["y"]\n');
});

test('without Node.js, with an old one, or without npm it says what to install', async () => {
  const one = checkout();
  const bin = join(one.root, '../bin');
  const hint = 'Install Node.js 20 or later with npm (https://nodejs.org), then run this again.\n';
  rmSync(join(bin, 'node'));
  expect(await one.run()).toMatchObject({ code: 1, stderr: `mobyclaw: Node.js was not found. ${hint}` });
  writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v18.20.4\n', { mode: 0o755 });
  expect(await one.run()).toMatchObject({
    code: 1,
    stderr: `mobyclaw: Node.js v18.20.4 is too old. ${hint}`,
  });
  rmSync(join(bin, 'node'));
  symlinkSync(process.execPath, join(bin, 'node'));
  rmSync(join(bin, 'npm'));
  expect(await one.run()).toMatchObject({ code: 1, stderr: `mobyclaw: npm was not found. ${hint}` });
  expect(readdirSync(one.root)).not.toContain('.build-lock');
});

test('a failed installation shows what npm said, and the next run tries again', async () => {
  const one = checkout();
  const fails = join(one.root, '../npm-fails');
  writeFileSync(fails, '');
  const failed = await one.run();
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /npm error: no network\nmobyclaw: Installing the dependencies failed.*Check the network/s,
  );
  rmSync(fails);
  expect((await one.run()).code).toBe(7);
});

test('a broken build says where and what to do, and the next run builds again', async () => {
  const one = checkout();
  writeFileSync(join(one.root, 'cli/src/main.ts'), 'syntax error');
  const failed = await one.run();
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /main\.ts: syntax error\nmobyclaw: The build failed; the error is above\. If you changed a source, mend it/,
  );
  writeFileSync(join(one.root, 'cli/src/main.ts'), '');
  expect((await one.run()).code).toBe(7);
});

test('what only looks or stops goes on with the build from before where the source cannot be built', async () => {
  const one = checkout();
  await one.run();
  writeFileSync(join(one.root, 'cli/src/main.ts'), 'syntax error');
  for (const command of ['status', 'down', 'run']) {
    const { code, stdout, stderr } = await one.run([command]);
    expect([code, stdout]).toEqual([7, `["${command}"]\n`]);
    expect(stderr).toMatch(/main\.ts: syntax error\nThe build failed; .*This is the version from before/);
  }
  for (const command of ['up', 'upgrade', 'init']) expect((await one.run([command])).code).toBe(1);
  expect(readdirSync(one.root)).not.toContain('.build-lock');
});

test('what only looks or stops installs nothing; up and upgrade do', async () => {
  const one = checkout();
  await one.run();
  writeFileSync(join(one.root, '../npm-fails'), '');
  writeFileSync(join(one.root, 'cli/src/main.ts'), '');
  writeFileSync(
    join(one.root, 'package-lock.json'),
    '{"packages":{"":{},"node_modules/a":{"version":"2.0.0"}}}',
  );
  expect(await one.run(['--', 'status'])).toEqual({
    code: 7,
    stdout: '["--","status"]\n',
    stderr:
      'The dependencies of this checkout have changed; ./mobyclaw upgrade installs them. This is the version from before.\n',
  });
  expect([one.calls('npm'), one.calls('build')]).toEqual([1, 1]);
  expect((await one.run(['up', '--local'])).code).toBe(1);
  rmSync(join(one.root, '../npm-fails'));
  expect((await one.run(['upgrade'])).code).toBe(7);
  expect([one.calls('npm'), one.calls('build')]).toEqual([3, 2]);
});

test.skipIf(process.getuid?.() === 0)('a checkout that cannot be written says so', async () => {
  const one = checkout();
  chmodSync(one.root, 0o500);
  onTestFinished(() => chmodSync(one.root, 0o700));
  expect((await one.run()).stderr).toContain('is not writable');
});
