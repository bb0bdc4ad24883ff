/** The owner's commands on a real engine, from a checkout of its own, in the order in which an owner comes to them. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../local/moby.ts';
import { ROOT, tryDocker } from './docker.ts';

const SLOW_MS = 400_000; // a build without a cache takes minutes on a small machine

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
let home: string;
let checkout: string;
let env: Record<string, string>;

function cli(...args: string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(checkout, 'cli/src/main.ts'), ...args], {
      env,
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end();
  });
}

describe.skipIf(!requireDocker())('the commands over Compose', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mobyclaw-cli-'));
    home = join(folder, 'home');
    checkout = join(folder, 'check out');
    const left = ['node_modules', 'dist', '.git', '.env'];
    cpSync(ROOT, checkout, { recursive: true, filter: (path) => !left.includes(basename(path)) });
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    mkdirSync(join(checkout, 'dist'));
    writeFileSync(join(checkout, 'dist/.built'), '0.1.0 first\n');
    const port = await freePort();
    env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(process.env.HOME ?? '/', '.docker'),
      MOBYCLAW_HOME: home,
      MOBYCLAW_PORT: String(port),
      MOBYCLAW_IMAGE_TAG: `cli-${port}`,
      COMPOSE_PROJECT_NAME: `mobycli-${port}`,
    };
  });

  afterAll(async () => {
    await cli('down');
    const tags = ['embedded', 'gateway', 'memory', 'workspace', 'egress'].flatMap((name) => [
      `mobyclaw-${name}:${env.MOBYCLAW_IMAGE_TAG}`,
      `mobyclaw-${name}:${env.MOBYCLAW_IMAGE_TAG}-previous`,
    ]);
    await tryDocker(['image', 'rm', '--force', ...tags]);
    rmSync(folder, { recursive: true, force: true });
  }, SLOW_MS);

  test(
    'up on a fresh machine, without a question: built, healthy, answering',
    async () => {
      const up = await cli('up');
      expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('✓ gateway   healthy')]);
      expect(up.stdout).toMatch(/^Moby answers: http:\/\/127\.0\.0\.1:\d+ \(agent: embedded/);
      expect(statSync(join(checkout, '.env')).mode & 0o777).toBe(0o600);
      const told = await cli('run', 'Remember that my name is Alice');
      expect([told.code, told.stdout]).toEqual([0, expect.stringContaining('Alice')]);
    },
    SLOW_MS,
  );

  test(
    'a second up builds nothing; status, logs and exec see the containers',
    async () => {
      const again = await cli('up');
      expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('Building')]);
      const { mode, services, gateway } = JSON.parse((await cli('status', '--json')).stdout);
      expect([mode, gateway.state]).toEqual(['compose', 'ready']);
      expect(
        services.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`).toSorted(),
      ).toEqual(['egress healthy', 'gateway healthy', 'memory healthy', 'moby healthy', 'workspace healthy']);
      expect((await cli('logs', 'gateway', '-n', '20')).stdout).toMatch(/gateway +info +ready/);
      const exec = await cli('exec', 'memory', 'node', '-e', 'console.log("in there"); process.exit(7)');
      expect([exec.code, exec.stdout]).toEqual([7, 'in there\n']);
      expect((await cli('exec', 'nothing', 'true')).code).toBe(2);
    },
    SLOW_MS,
  );

  test(
    'restart of one part; of all of them',
    async () => {
      expect(await cli('restart', 'agent')).toMatchObject({ code: 0, stdout: 'agent has been restarted.\n' });
      expect(await cli('restart')).toMatchObject({ code: 0 });
      expect((await cli('run', 'hello')).code).toBe(0);
    },
    SLOW_MS,
  );

  test(
    'a workspace is there after up, and gone after remove and up',
    async () => {
      const notes = join(folder, 'my notes: 1');
      mkdirSync(notes, { recursive: true });
      writeFileSync(join(notes, 'a.md'), 'A note');
      await cli('workspace', 'remove', 'notes'); // where this is tried again
      expect((await cli('workspace', 'add', 'notes', notes, '--mode', 'ro')).stderr).toContain('up to apply');
      const up = await cli('up');
      expect(up.code, up.stderr).toBe(0);
      expect((await cli('exec', 'moby', 'cat', '/workspace/notes/a.md')).stdout).toBe('A note');
      expect((await cli('exec', 'moby', 'touch', '/workspace/notes/b')).code).not.toBe(0);
      expect((await cli('workspace', 'remove', 'notes')).code).toBe(0);
      expect(await cli('up')).toMatchObject({ code: 0 });
      expect((await cli('exec', 'moby', 'ls', '/workspace/notes')).code).not.toBe(0);
    },
    SLOW_MS,
  );

  test(
    'doctor finds nothing wrong, and what is',
    async () => {
      const fine = JSON.parse((await cli('doctor', '--json')).stdout) as {
        checks: { name: string; status: string }[];
      };
      expect(fine.checks.filter(({ status }) => status === 'fail')).toEqual([]);
      expect(fine.checks.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['docker', 'gateway', 'moby']),
      );
      await cli('exec', 'moby', 'true');
      await tryDocker(['stop', `${env.COMPOSE_PROJECT_NAME}-workspace-1`]);
      const broken = await cli('doctor');
      expect([broken.code, broken.stdout]).toEqual([1, expect.stringMatching(/fail +workspace +exited/)]);
      expect(await cli('up')).toMatchObject({ code: 0 });
    },
    SLOW_MS,
  );

  test(
    'a backup of what runs, brought back after all was lost',
    async () => {
      const archive = join(folder, 'backup.tar.gz');
      expect((await cli('backup', archive)).code).toBe(0);
      const running = await cli('restore', archive, '--replace');
      expect([running.code, running.stderr]).toEqual([1, expect.stringContaining('./mobyclaw down')]);
      expect((await cli('down')).code).toBe(0);
      rmSync(home, { recursive: true });
      expect((await cli('restore', archive)).code).toBe(0);
      expect(await cli('up')).toMatchObject({ code: 0 });
      expect((await cli('run', '--session', 'another', "What's my name?")).stdout).toContain('Alice');
      expect((await cli('history', 'search', 'Alice')).stdout).toContain('Remember that my name');
    },
    SLOW_MS,
  );

  test(
    'an upgrade to a version that does not come up goes back to the one before',
    async () => {
      expect((await cli('upgrade')).stdout).toContain('already');
      const main = join(checkout, 'gateway/src/main.ts');
      const good = readFileSync(main, 'utf8');
      appendFileSync(main, "\nthrow new Error('a broken release');\n");
      writeFileSync(join(checkout, 'dist/.built'), '0.1.0 second\n');
      const failed = await cli('upgrade');
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('a broken release')]);
      expect(failed.stderr).toContain('The version from before runs again.');
      expect((await cli('run', '--session', 'third', "What's my name?")).stdout).toContain('Alice');
      writeFileSync(main, `${good}\n// mended\n`);
      writeFileSync(join(checkout, 'dist/.built'), '0.1.0 third\n');
      const done = await cli('upgrade');
      expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('Backup: ')]);
    },
    SLOW_MS,
  );

  test(
    'a data directory of somebody else is not taken over, and down leaves nothing',
    async () => {
      const before = env;
      env = { ...env, MOBYCLAW_HOME: join(folder, 'other home') };
      const other = await cli('up');
      expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('COMPOSE_PROJECT_NAME')]);
      expect(await cli('down')).toMatchObject({ code: 0, stderr: 'Moby was not running.\n' });
      env = before;
      expect((await cli('status')).code).toBe(0);
      expect(await cli('down')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('Moby is stopped.'),
      });
      const filter = `label=com.docker.compose.project=${env.COMPOSE_PROJECT_NAME}`;
      expect((await tryDocker(['ps', '--all', '--quiet', '--filter', filter])).stdout).toBe('');
      expect((await cli('down')).stderr).toBe('Moby was not running.\n');
      expect((await cli('run', 'hello')).stderr).toContain('not running');
    },
    SLOW_MS,
  );
});
