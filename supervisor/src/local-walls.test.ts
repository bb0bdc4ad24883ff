/** Local mode with walls: the background process itself, with stand-ins for its parts and the real bubblewrap. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from '@mobyclaw/lib/start-error';
import { type LocalState, localStateSchema } from '@mobyclaw/protocol/local-state';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until as untilWithin } from '@mobyclaw/testkit/until';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findFreePort } from './local-port.ts';
import { insideEnvironment, planWalls } from './local-walls.ts';
import { birthOf, descendantsOf } from './process-table.ts';

vi.setConfig({ testTimeout: 180_000 });

const MAIN = fileURLToPath(new URL('fixtures/local.mjs', import.meta.url));
const INSIDE = fileURLToPath(new URL('sandbox/inside-main.ts', import.meta.url));
const STARTS_WITHIN_MS = 60_000; // six processes on a busy machine

function until<T>(what: string, check: () => T | Promise<T>): ReturnType<typeof untilWithin<T>> {
  return untilWithin(what, check, STARTS_WITHIN_MS);
}

describe('whether there are walls', () => {
  const broken = (): string => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'bwrap'),
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2; exit 1\n',
    );
    chmodSync(join(folder, 'bwrap'), 0o755);
    return folder;
  };

  test('on, where they cannot be had, is an error that says what to do', async () => {
    const starting = planWalls('on', broken(), temporaryFolder());
    await expect(starting).rejects.toThrow(StartError);
    await expect(starting).rejects.toThrow(
      /^MOBYCLAW_SANDBOX is on, but .*No permissions.* Or set it to auto/,
    );
  });

  test('auto, where they cannot be had, goes on and tells; off asks nobody', async () => {
    expect(await planWalls('auto', broken(), temporaryFolder())).toEqual({
      bubblewrap: null,
      report: {
        state: 'impossible',
        why: expect.stringContaining('No permissions'),
        cure: expect.any(String),
      },
    });
    expect(await planWalls('off', broken(), temporaryFolder())).toEqual({
      bubblewrap: null,
      report: { state: 'off' },
    });
  });
});

test('behind walls the environment names what is there, and nothing of the owner’s session', () => {
  const outside = {
    PATH: '/home/alice/.nvm/bin:/usr/local/bin:/usr/bin:/snap/bin:/bin',
    HOME: '/home/alice',
    USER: 'alice',
    LOGNAME: 'alice',
    SHELL: '/home/alice/bin/fish',
    XDG_RUNTIME_DIR: '/run/user/1000',
    TMPDIR: '/var/alice',
    JIRA_TOKEN: 'given',
  };
  expect(insideEnvironment(outside, '/h/sessions/home')).toEqual({
    PATH: '/h/sessions/home/.local/bin:/usr/local/bin:/usr/bin:/bin',
    HOME: '/h/sessions/home',
    USER: 'moby',
    LOGNAME: 'moby',
    SHELL: '/bin/sh',
    JIRA_TOKEN: 'given',
  });
});

interface Walled {
  home: string;
  process: ChildProcess;
  state(): LocalState | null;
  ready(): Promise<LocalState>;
  up(): ChildProcess;
}

async function walled(): Promise<Walled> {
  const home = join(temporaryFolder(), 'data');
  const bundles = temporaryFolder();
  mkdirSync(join(home, 'agent'), { recursive: true });
  mkdirSync(join(home, 'sessions'));
  writeFileSync(join(home, 'agent/soul.yaml'), 'version: "7"\nagents:\n  root: {model: m}\n');
  writeFileSync(join(home, 'credentials.env'), `STAND_IN_RECORD=${join(home, 'sessions/record')}\n`);
  const bundle = join(bundles, 'sandbox.mjs');
  await build({ entryPoints: [INSIDE], bundle: true, platform: 'node', format: 'esm', outfile: bundle });
  const port = await findFreePort();
  const up = (): ChildProcess => {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env.PATH,
        HOME: dirname(home),
        MOBYCLAW_HOME: home,
        MOBYCLAW_PORT: String(port),
        MOBYCLAW_AGENT: 'embedded',
        MOBYCLAW_SANDBOX: 'on',
        TEST_SANDBOX_BUNDLE: bundle,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
    return child;
  };
  const state = (): LocalState | null => {
    const file = join(home, 'run/local.json');
    return existsSync(file) ? localStateSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
  };
  const child = up();
  const ready = (): Promise<LocalState> =>
    until('all parts', () => {
      const now = state();
      return now?.state === 'ready' ? now : null;
    });
  return { home, process: child, state, ready, up };
}

const agentOf = (state: LocalState): number =>
  state.parts.find(({ name }) => name === 'agent')?.pid ?? Number.NaN;

/** With all that it has started. */
function tree(pid: number): { pid: number; birth: string | null }[] {
  return [pid, ...descendantsOf(pid)].map((one) => ({ pid: one, birth: birthOf(one) }));
}

const isGone = (all: ReturnType<typeof tree>): boolean =>
  all.every(({ pid, birth }) => birthOf(pid) !== birth);

describe.skipIf(!requireTool('bwrap'))('local mode with walls', () => {
  test('starts the engine inside, hands on files as he sees them, and leaves nothing behind whoever is killed', async () => {
    const { home, process: supervisor, state, ready, up } = await walled();
    const first = await ready();
    expect(first.sandbox).toEqual({ state: 'on' });
    const records = (): { pid: number; env: Record<string, string>; cwd: string }[] =>
      readFileSync(join(home, 'sessions/record'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const [inside] = records();
    expect(inside).toMatchObject({
      cwd: join(home, 'sessions/work'),
      env: { HOME: join(home, 'sessions/home') },
    });
    expect(inside?.pid).toBeLessThan(100); // of a process namespace of its own
    const gateway = JSON.parse(readFileSync(join(home, 'gateway.env.json'), 'utf8')) as Record<
      string,
      string
    >;
    expect(inside?.env.MOBYCLAW_GATEWAY_URL).not.toBe(`http://127.0.0.1:${gateway.MOBYCLAW_PORT}`);
    expect(gateway.MOBYCLAW_AGENT_URL).toBe(`unix://${join(home, 'run/agent.sock')}`);
    // The name that his shell could make a link of is not the one that is asked.
    rmSync(join(home, 'run/inside/agent.sock'));
    symlinkSync('/var/run/docker.sock', join(home, 'run/inside/agent.sock'));

    writeFileSync(join(home, 'soul.yaml'), 'the owner’s');
    writeFileSync(join(home, 'sessions/work/chart.txt'), 'chart');
    symlinkSync(join(home, 'soul.yaml'), join(home, 'sessions/work/link.txt'));
    symlinkSync('../../soul.yaml', join(home, 'sessions/work/climbing.txt'));
    const file = async (path: string): Promise<string> => {
      const address = `${gateway.MOBYCLAW_AGENT_CONTROL_URL}/file?path=${encodeURIComponent(path)}`;
      const headers = { authorization: `Bearer ${gateway.MOBYCLAW_CONTROL_TOKEN}` };
      const response = await fetch(address, { headers });
      return response.ok ? response.text() : String(response.status);
    };
    expect(await file('chart.txt')).toBe('chart');
    for (const path of [
      'link.txt',
      'climbing.txt',
      join(home, 'soul.yaml'),
      '/etc/shadow',
      '/etc/machine-id',
    ])
      expect(await file(path), path).toBe('404');

    for (const victim of ['bwrap', 'engine'] as const) {
      const all = tree(agentOf(state() as LocalState));
      const pid = all.at(victim === 'bwrap' ? 0 : -1)?.pid as number;
      const before = agentOf(state() as LocalState);
      process.kill(pid, 'SIGKILL');
      await until('its end', () => isGone(all));
      await until('another one', () => {
        const now = state();
        return now?.state === 'ready' && agentOf(now) !== before;
      });
    }
    const all = tree(agentOf(state() as LocalState));
    supervisor.kill('SIGKILL');
    await until('the end of what was inside', () => isGone(all));
    const second = up();
    await until('the next one', () => state()?.pid === second.pid && state()?.state === 'ready');
    expect(records()).toHaveLength(4);
    const last = tree(agentOf(state() as LocalState));
    second.kill('SIGTERM');
    await once(second, 'exit');
    expect(isGone(last)).toBe(true);
    expect(existsSync(join(home, 'run/agent.sock'))).toBe(false);
  });
});
