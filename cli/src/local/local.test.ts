/** `up`, `down` and what they say, with a background process that only pretends to run the parts. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { CliError, type ExitCode } from '../cli-error.ts';
import { up } from '../commands/up.ts';
import { Context } from '../context.ts';
import { runCommand } from '../program.ts';
import { answer } from '../testing/answer.ts';
import { type MemoryTerminal, memoryTerminal } from '../testing/memory-terminal.ts';
import { upgradeLocal } from '../upgrade/local.ts';
import { readLocalState } from './local-state.ts';
import { changesSince } from './started.ts';
import { stopLocal } from './stop.ts';

interface Stack {
  home: string;
  port: number;
  checkout: string;
  /** A fresh context, as each call of the CLI has. */
  context(env?: Record<string, string>): Context;
  up(env?: Record<string, string>): Promise<{ code: ExitCode; terminal: MemoryTerminal }>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function stack(): Promise<Stack> {
  const folder = temporaryFolder();
  const checkout = join(folder, 'checkout');
  const home = join(folder, 'home');
  mkdirSync(join(checkout, 'dist'), { recursive: true });
  copyFileSync(join(import.meta.dirname, '../testing/fake-local.mjs'), join(checkout, 'dist/local.mjs'));
  writeFileSync(join(checkout, 'dist/local.js'), "await import('./local.mjs');\n");
  writeFileSync(join(checkout, 'package.json'), '{"type":"module"}');
  writeFileSync(join(checkout, 'dist/.built'), '0.1.0 a');
  writeFileSync(join(checkout, 'package-lock.json'), '{}');
  const port = await freePort();
  const context = (env: Record<string, string> = {}): Context => {
    const terminal = Object.assign(memoryTerminal(false), {
      env: { PATH: process.env.PATH, MOBYCLAW_HOME: home, MOBYCLAW_PORT: String(port), ...env },
    });
    return new Context({ terminal, checkout, version: '0.1.0' });
  };
  onTestFinished(async () => void (await stopLocal(context())));
  return {
    home,
    port,
    checkout,
    context,
    async up(env) {
      const one = context(env);
      const terminal = one.terminal as MemoryTerminal;
      return { code: await up(one, { local: true }), terminal };
    },
  };
}

test('up starts Moby, shows the parts, and says where he is and which agent answers', async () => {
  const one = await stack();
  const { code, terminal } = await one.up();
  expect(code).toBe(0);
  expect(terminal.out).toBe(
    `Moby answers: http://127.0.0.1:${one.port} (agent: embedded 0.1.0, model: offline)\n`,
  );
  expect(terminal.err).toContain('✓ gateway   ready');
  expect(statSync(one.home).mode & 0o777).toBe(0o700);
});

test('up says what is wrong with his soul.yaml and his tools, though he answers', async () => {
  const one = await stack();
  const { code, terminal } = await one.up({ FAKE_LOCAL: 'warns' });
  expect([code, terminal.out]).toEqual([0, expect.stringContaining('Moby answers: ')]);
  expect(terminal.err).toContain('soul.yaml line 3: unknown key "modle"\n');
  expect(terminal.err).toContain('The tool server notes cannot be used: it does not start.\n');
});

test('a second up says that he runs and starts nothing', async () => {
  const one = await stack();
  await one.up();
  const pid = readLocalState(one.context().data)?.pid;
  const { code, terminal } = await one.up();
  expect(code).toBe(0);
  expect(terminal.err).toContain('Moby is already running.');
  expect(readLocalState(one.context().data)?.pid).toBe(pid);
});

test('a plain up leaves him in local mode where Docker is there, with no .env too', async () => {
  const one = await stack();
  await one.up();
  const bin = temporaryFolder();
  const docker = '#!/bin/sh\n[ "$1" = info ] && echo \'"28.0.0" []\' || echo 2.40.0\n';
  writeFileSync(join(bin, 'docker'), docker, { mode: 0o755 });
  const context = one.context({ PATH: `${bin}:${process.env.PATH}` });
  expect(await up(context)).toBe(0);
  expect((context.terminal as MemoryTerminal).err).toContain('Moby is already running.');
});

test('two at the same time are both told, one process runs', async () => {
  const one = await stack();
  const both = await Promise.allSettled([one.up(), one.up({ FAKE_LOCAL: 'die' })]);
  expect(both[0]).toMatchObject({ status: 'fulfilled', value: { code: 0 } });
  // The one that lost the lock sees the winner if that is up by then; it never reports a success that is none.
  if (both[1]?.status === 'rejected') expect(both[1].reason).toBeInstanceOf(CliError);
});

test('a changed setting, key, credential or program restarts him, and is named without its value', async () => {
  const one = await stack();
  await one.up();
  const key = await one.up({ ANTHROPIC_API_KEY: 'sk-secret' });
  expect(key.terminal.err).toContain('Changed since the start: ANTHROPIC_API_KEY. Restarting…');
  const keep = { ANTHROPIC_API_KEY: 'sk-secret' };
  writeFileSync(join(one.home, 'credentials.env'), '# nothing yet\n');
  expect((await one.up(keep)).terminal.err).toContain('already running');
  writeFileSync(join(one.home, 'credentials.env'), 'GITHUB_TOKEN=x\n');
  expect((await one.up(keep)).terminal.err).toContain('Changed since the start: credentials.env.');
  writeFileSync(join(one.checkout, 'dist/.built'), '0.1.0 b');
  expect((await one.up(keep)).terminal.err).toContain('Changed since the start: the program.');
  const record = join(one.home, 'run/started.json');
  expect(readFileSync(record, 'utf8')).not.toContain('sk-secret');
  expect(statSync(record).mode & 0o777).toBe(0o600);
});

test('down ends him, and ends nothing twice', async () => {
  const one = await stack();
  await one.up();
  expect(await stopLocal(one.context())).toBe(true);
  expect(existsSync(join(one.home, 'run/local.json'))).toBe(false);
  expect(await stopLocal(one.context())).toBe(false);
});

test('restart begins him anew; what there is in containers alone is refused', async () => {
  const one = await stack();
  await one.up();
  const run = async (...args: string[]): Promise<string> => {
    const context = one.context();
    const terminal = context.terminal as MemoryTerminal;
    await runCommand(args, { terminal, version: '0.1.0', load: async () => context });
    return terminal.out;
  };
  const before = readLocalState(one.context().data)?.pid;
  expect(await run('restart')).toBe('Moby has been restarted.\n');
  expect(readLocalState(one.context().data)).toMatchObject({ state: 'ready', build: '0.1.0 a' });
  expect(readLocalState(one.context().data)?.pid).not.toBe(before);
  await expect(run('restart', 'kitchen')).rejects.toThrow('there are memory, agent, gateway.');
  await expect(run('restart', 'moby')).rejects.toThrow('agent does not run: ready.');
  await expect(run('exec', 'moby', 'true')).rejects.toThrow('In local mode there are no containers');
});

test('down signals no process that is not ours', async () => {
  const one = await stack();
  mkdirSync(join(one.home, 'run'), { recursive: true });
  const parts = [{ name: 'gateway', state: 'ready', pid: process.pid, birth: null, restarts: 0 }];
  const state = {
    pid: process.pid,
    version: '0',
    startedAt: new Date().toISOString(),
    port: 1,
    state: 'ready',
    parts,
  };
  writeFileSync(join(one.home, 'run/local.json'), JSON.stringify(state));
  expect(await stopLocal(one.context())).toBe(false);
});

test('a start that fails says why, and what was logged', async () => {
  const one = await stack();
  await expect(one.up({ FAKE_LOCAL: 'fail' })).rejects.toThrow(
    /^port 1 is in use by another program: end it\n.*log of local:\n.*cannot start/s,
  );
  await expect(one.up({ FAKE_LOCAL: 'die' })).rejects.toThrow(/ended with code 3.*out of luck/s);
});

test('a broken soul.yaml is named, and the rest keeps running', async () => {
  const one = await stack();
  await expect(one.up({ FAKE_LOCAL: 'broken' })).rejects.toThrow(
    /^soul\.yaml line 3: unknown key "modle"\nWhat can run keeps running/,
  );
  expect(await stopLocal(one.context())).toBe(true);
});

test('a data directory that cannot be made is named', async () => {
  const one = await stack();
  writeFileSync(one.home, 'a file');
  await expect(one.up()).rejects.toThrow(/cannot be created \(E(EXIST|NOTDIR)\).*MOBYCLAW_HOME/s);
});

test('upgrade: nothing where nothing is new; a build that does not come up gives way to the one before', async () => {
  const one = await stack();
  await one.up();
  const upgrade = async (): Promise<string> => {
    const context = one.context();
    const result = await upgradeLocal(context, false).catch((error: CliError) => error.message);
    return `${result} ${(context.terminal as MemoryTerminal).screen}`;
  };
  expect(await upgrade()).toContain('of this version already');
  const dist = join(one.checkout, 'dist');
  writeFileSync(join(dist, 'broken'), '');
  writeFileSync(join(dist, '.built'), '0.1.0 b');
  const failed = await upgrade();
  expect(failed).toContain('The version from before runs again.');
  expect(failed).toMatch(/Backup: .*before-upgrade-\d{8}T\d{9}\.tar\.gz/);
  expect(failed).toContain('It is 0.1.0 (build a).');
  expect(readLocalState(one.context().data)).toMatchObject({ state: 'ready', build: '0.1.0 a' });
  // What runs is not what the checkout holds, and both commands know it.
  expect(await upgrade()).toContain('The version from before runs again.');
  const state = readLocalState(one.context().data) as LocalState;
  expect(changesSince(one.context(), state)).toEqual(['the program']);
  rmSync(join(dist, 'broken'));
  writeFileSync(join(dist, '.built'), '0.1.0 c');
  expect(await upgrade()).toContain('Moby runs on version 0.1.0 (build c).');
});

test('the first up on a terminal asks first, then starts; one without a terminal asks nothing', async () => {
  const one = await stack();
  const terminal = Object.assign(memoryTerminal(true), {
    env: { PATH: '/nonexistent', MOBYCLAW_HOME: one.home, MOBYCLAW_PORT: String(one.port), NO_COLOR: '1' },
  });
  const started = up(new Context({ terminal, checkout: one.checkout, version: '0.1.0' }));
  await answer(terminal, [
    ['has not been set up yet', ''],
    ['Go on like that?', '\r'],
    ['Data directory', '\r'],
    ['Whose model', `${'\u001b[B'.repeat(4)}\r`],
    ['Where else', '\r'],
    ['What should Moby call you', 'Alice\r'],
    ['Which do you want to give', '\r'],
    ['Give Moby a folder', '\r'],
    ['How often', '\r'],
    ['Between', '\r'],
    ['Your time zone', '\r'],
  ]);
  expect(await started).toBe(0);
  expect(terminal.out).toContain('Moby answers: ');
  expect(readFileSync(join(one.checkout, '.env'), 'utf8')).toContain('\nMOBYCLAW_AGENT=embedded\n');
  expect((await one.up()).terminal.err).toContain('already running');
});

test('what the owner has set goes to the background process on standard input, and stands in no environment', async () => {
  const one = await stack();
  writeFileSync(join(one.checkout, 'dist/sandbox.js'), ''); // marks a build that reads it
  const { code, terminal } = await one.up({ ANTHROPIC_API_KEY: 'sk-real', MOBYCLAW_SANDBOX: 'off' });
  expect(code).toBe(0);
  expect(terminal.err).toContain(
    'Mind: in local mode his shell is yours, with no wall around it: MOBYCLAW_SANDBOX is off',
  );
  const { pid } = readLocalState(one.context().data) as LocalState;
  if (process.platform !== 'linux') return;
  const seen = readFileSync(`/proc/${pid}/environ`, 'utf8');
  expect(seen).toContain('MOBYCLAW_SECRETS=stdin');
  expect(seen).not.toMatch(/sk-real|MOBYCLAW_PORT/);
});
