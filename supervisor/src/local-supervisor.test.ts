import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalState, localStateSchema } from '@mobyclaw/protocol/local-state';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until as untilWithin } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findFreePort } from './local-port.ts';
import { birthOf, signalTree } from './process-table.ts';

vi.setConfig({ testTimeout: 120_000 });

const STARTS_WITHIN_MS = 60_000; // five processes on a busy machine

function until<T>(what: string, check: () => T | Promise<T>): ReturnType<typeof untilWithin<T>> {
  return untilWithin(what, check, STARTS_WITHIN_MS);
}

const MAIN = fileURLToPath(new URL('fixtures/local.mjs', import.meta.url));
const GOOD = 'version: "7"\nagents:\n  root: {model: m}\n';

interface Local {
  process: ChildProcess;
  exit: Promise<number | null>;
  output: () => string;
}

interface Home {
  path: string;
  port: number;
  state: () => LocalState | null;
  up: (env?: Record<string, string>) => Local;
  ready: () => Promise<LocalState>;
}

async function makeHome(soul: string | null = GOOD): Promise<Home> {
  const path = temporaryFolder();
  const port = await findFreePort();
  if (soul !== null) {
    mkdirSync(join(path, 'agent'));
    writeFileSync(join(path, 'agent/soul.yaml'), soul);
  }
  const state = (): LocalState | null => {
    const file = join(path, 'run/local.json');
    return existsSync(file) ? localStateSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
  };
  onTestFinished(() => {
    for (const { pid, birth } of state()?.parts ?? [])
      if (pid !== null && birthOf(pid) === birth) signalTree(pid, 'SIGKILL');
  });
  const up = (env: Record<string, string> = {}): Local => {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: '/usr/bin:/bin',
        HOME: path,
        MOBYCLAW_HOME: path,
        MOBYCLAW_PORT: String(port),
        MOBYCLAW_SANDBOX: 'off', // local-walls.test.ts has the walls
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    onTestFinished(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exit;
    });
    return { process: child, exit, output: () => output };
  };
  const ready = (): Promise<LocalState> =>
    until('all parts', () => {
      const now = state();
      return now?.state === 'ready' ? now : null;
    });
  return { path, port, state, up, ready };
}

const pidOf = (state: LocalState, name: string): number =>
  state.parts.find((part) => part.name === name)?.pid ?? Number.NaN;

describe('up and down', () => {
  test('starts the parts, says so, and stops them gateway first', async () => {
    const home = await makeHome();
    const local = home.up();
    const state = await home.ready();
    expect(state).toMatchObject({ pid: local.process.pid, port: home.port, version: '0.0.0-test' });
    expect(state.parts.map(({ name, state, restarts }) => [name, state, restarts])).toEqual([
      ['memory', 'ready', 0],
      ['workspace', 'ready', 0],
      ['egress', 'ready', 0],
      ['agent', 'ready', 0],
      ['gateway', 'ready', 0],
    ]);
    for (const name of ['run', 'logs', 'gateway', 'sessions', 'sessions/work', 'sessions/engine', 'agent'])
      expect(statSync(join(home.path, name)).isDirectory()).toBe(true);
    expect(statSync(join(home.path, 'run')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(home.path, 'logs/memory.log'), 'utf8')).toContain('memory started\n');
    local.process.kill('SIGTERM');
    expect(await local.exit).toBe(0);
    expect(home.state()).toBeNull();
    expect(readFileSync(join(home.path, 'stopped.txt'), 'utf8')).toBe('gateway\negress\nworkspace\nmemory\n');
    for (const { pid } of state.parts) expect(birthOf(pid ?? 0)).toBeNull();
  });

  test('each part has its own share of the environment, and the gateway can reach the other two', async () => {
    const home = await makeHome();
    writeFileSync(join(home.path, 'credentials.env'), 'JIRA_TOKEN="two words"\nEMPTY=\n');
    const record = join(home.path, 'agent.record');
    writeFileSync(join(home.path, 'credentials.env'), `STAND_IN_RECORD=${record}\nJIRA_TOKEN="two words"\n`);
    writeFileSync(join(home.path, 'workspaces.conf'), 'notes=/home/me/notes:ro\n');
    home.up({ OPENAI_API_KEY: 'llm-key', TELEGRAM_BOT_TOKEN: 'bot-token' });
    await home.ready();
    const read = (name: string, what = 'env'): Record<string, string> =>
      JSON.parse(readFileSync(join(home.path, `${name}.${what}.json`), 'utf8'));
    const gateway = read('gateway');
    const agent = JSON.parse(readFileSync(record, 'utf8')).env;
    expect(agent).toMatchObject({ OPENAI_API_KEY: agent.MOBYCLAW_MODEL_KEY, JIRA_TOKEN: 'two words' });
    expect(JSON.stringify(agent)).not.toContain('llm-key');
    expect(read('egress')).toMatchObject({ OPENAI_API_KEY: 'llm-key' });
    expect(agent.TELEGRAM_BOT_TOKEN).toBeUndefined();
    expect(gateway).toMatchObject({ TELEGRAM_BOT_TOKEN: 'bot-token' });
    expect(gateway.OPENAI_API_KEY).toBeUndefined();
    expect(gateway.JIRA_TOKEN).toBeUndefined();
    expect(JSON.parse(read('workspace').MOBYCLAW_WORKSPACES ?? '')).toEqual({
      notes: { path: '/home/me/notes', mode: 'ro' },
    });
    expect(agent.MOBYCLAW_WORKSPACE_URL).toBe(`http://${read('workspace').MOBYCLAW_WORKSPACE_LISTEN}`);
    expect(read('memory').MOBYCLAW_MCP_TOKEN).toBe(gateway.MOBYCLAW_MCP_TOKEN);
    expect((await fetch(`${gateway.MOBYCLAW_MEMORY_URL}/healthz`)).status).toBe(200);
    const statusFor = (token = ''): Promise<Response> =>
      fetch(`${gateway.MOBYCLAW_AGENT_CONTROL_URL}/status`, {
        headers: { authorization: `Bearer ${token}` },
      });
    const status = await statusFor(gateway.MOBYCLAW_CONTROL_TOKEN);
    expect(await status.json()).toMatchObject({ state: 'ready' });
    expect((await statusFor(agent.MOBYCLAW_MCP_TOKEN)).status).toBe(401);
    for (const name of [
      'MOBYCLAW_CONTROL_TOKEN',
      'MOBYCLAW_MEMORY_TOKEN',
      'MOBYCLAW_CAPABILITY_KEY',
      'MOBYCLAW_EGRESS_TOKEN',
    ]) {
      expect(gateway[name]).toMatch(/^[\w-]{43}$/);
      expect(JSON.stringify(agent)).not.toContain(gateway[name]);
    }
    expect(readFileSync(join(home.path, 'run/local.json'), 'utf8')).not.toContain(gateway.MOBYCLAW_MCP_TOKEN);
    for (const part of ['memory', 'workspace', 'egress', 'gateway']) {
      const all = read(part);
      const seen = JSON.stringify(read(part, 'started-with'));
      for (const [name, value] of Object.entries(all))
        if (/(TOKEN|KEY)$/.test(name)) expect(seen, `${part}: ${name}`).not.toContain(value);
    }
  });

  test('a home with a long name has its socket elsewhere', async () => {
    const home = await makeHome();
    const deep = join(home.path, 'a'.repeat(100));
    mkdirSync(join(deep, 'agent'), { recursive: true });
    writeFileSync(join(deep, 'agent/soul.yaml'), GOOD);
    const local = home.up({ MOBYCLAW_HOME: deep });
    const gateway = await until('the gateway', () => {
      const file = join(deep, 'gateway.env.json');
      return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8') || '{}') as Record<string, string>);
    });
    const socket = gateway.MOBYCLAW_AGENT_URL?.slice('unix://'.length) ?? '';
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(100);
    expect(statSync(join(socket, '..')).mode & 0o777).toBe(0o700);
    local.process.kill('SIGTERM');
    expect(await local.exit).toBe(0);
    expect(existsSync(join(socket, '..'))).toBe(false);
  });
});

describe('what dies comes back', () => {
  test('each part, on the same address', async () => {
    const home = await makeHome();
    home.up();
    let state = await home.ready();
    const memoryUrl = JSON.parse(
      readFileSync(join(home.path, 'memory.env.json'), 'utf8'),
    ).MOBYCLAW_MEMORY_LISTEN;
    for (const name of ['memory', 'workspace', 'egress', 'agent', 'gateway']) {
      const before = pidOf(state, name);
      process.kill(before, 'SIGKILL');
      state = await until(`${name} to come back`, () => {
        const now = home.state();
        return now && now.state === 'ready' && pidOf(now, name) !== before ? now : null;
      });
      expect(state.parts.find((part) => part.name === name)?.restarts).toBe(1);
    }
    expect((await fetch(`http://${memoryUrl}/healthz`)).status).toBe(200);
  });

  test('a supervisor that was killed: the next one ends its orphans and takes over', async () => {
    const home = await makeHome();
    const first = home.up();
    const before = await home.ready();
    first.process.kill('SIGKILL');
    await first.exit;
    expect(before.parts.filter(({ pid }) => birthOf(pid ?? 0) !== null)).not.toEqual([]);
    const second = home.up();
    const after = await until('the second', () => {
      const now = home.state();
      return now && now.pid === second.process.pid && now.state === 'ready' ? now : null;
    });
    for (const { pid, birth } of before.parts) expect(birthOf(pid ?? 0)).not.toBe(birth);
    expect(after.parts.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready', 'ready']);
  });

  test('a stranger that got the pid of a dead child is left alone', async () => {
    const home = await makeHome();
    mkdirSync(join(home.path, 'run'));
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], {
      detached: true,
    });
    onTestFinished(() => {
      stranger.kill('SIGKILL');
    });
    const left: LocalState = {
      ...{ pid: 1, version: '', startedAt: new Date(0).toISOString(), port: 1, state: 'ready' },
      parts: [{ name: 'memory', state: 'ready', pid: stranger.pid ?? 0, birth: 'another', restarts: 0 }],
    };
    writeFileSync(join(home.path, 'run/local.json'), JSON.stringify(left));
    const local = home.up();
    await until(
      'all parts',
      () => home.state()?.pid === local.process.pid && home.state()?.state === 'ready',
    );
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });
});

describe('what is in the way is named', () => {
  test('a port in use', async () => {
    const home = await makeHome();
    const squatter = createServer().listen(home.port, '127.0.0.1');
    onTestFinished(() => {
      squatter.close();
    });
    await until('the squatter', () => squatter.listening);
    const local = home.up();
    expect(await local.exit).toBe(1);
    expect(home.state()).toMatchObject({
      state: 'failed',
      problem: `port ${home.port} is in use by another program: end it, or set MOBYCLAW_PORT to another port`,
    });
    expect(local.output()).toContain(`mobyclaw: port ${home.port} is in use`);
  });

  test('a second supervisor on the same home, which leaves the first alone', async () => {
    const home = await makeHome();
    const first = home.up();
    await home.ready();
    const second = home.up();
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain(`Mobyclaw runs already on ${home.path}`);
    expect(home.state()).toMatchObject({ pid: first.process.pid, state: 'ready' });
  });

  test('a broken soul.yaml, with its line; the gateway runs all the same, to put it right', async () => {
    const home = await makeHome('version: "7"\nagents:\n  root: [broken\n');
    home.up();
    const state = await until('the verdict', () => {
      const now = home.state();
      return now?.parts.every((part) => part.name === 'agent' || part.state === 'ready') ? now : null;
    });
    expect(state).toMatchObject({
      state: 'degraded',
      problem: "soul.yaml line 3: sequence end token ']' not found.",
    });
    expect(state.parts.find((part) => part.name === 'agent')).toMatchObject({ state: 'broken', pid: null });
  });

  test('a line of workspaces.conf that cannot be used', async () => {
    const home = await makeHome();
    writeFileSync(join(home.path, 'workspaces.conf'), '# mine\nnotes=notes\n');
    const local = home.up();
    expect(await local.exit).toBe(1);
    expect(home.state()?.problem).toContain(
      'workspaces.conf, line 2: workspace "notes": the path "notes" must be',
    );
  });

  test('a part that ends at its start, with what it logged', async () => {
    const home = await makeHome();
    home.up({ MOBYCLAW_MEMORY_BUDGET: 'wrong' });
    const state = await until('the problem', () => (home.state()?.problem ? home.state() : null));
    expect(state).toMatchObject({ state: 'degraded' });
    expect(state?.problem).toBe(
      'memory ended with code 1: MOBYCLAW_MEMORY_BUDGET: it must be a number (see logs/memory.log)',
    );
  });

  test('an agent that cannot be had', async () => {
    const home = await makeHome();
    const local = home.up({ MOBYCLAW_AGENT: 'cagent', PATH: home.path });
    expect(await local.exit).toBe(1);
    expect(home.state()).toMatchObject({ state: 'failed' });
    expect(home.state()?.problem).toMatch(/install it or set MOBYCLAW_AGENT=embedded/);
  });

  test('a folder where a file is', async () => {
    const home = await makeHome();
    writeFileSync(join(home.path, 'logs'), '');
    const local = home.up();
    expect(await local.exit).toBe(1);
    expect(local.output()).toContain(`${home.path}/logs is a file where a folder must be`);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that is not writable', async () => {
    const home = await makeHome();
    chmodSync(home.path, 0o500);
    onTestFinished(() => chmodSync(home.path, 0o700));
    const local = home.up();
    expect(await local.exit).toBe(1);
    expect(local.output()).toMatch(/is not writable by you: sudo chown -R/);
  });
});
