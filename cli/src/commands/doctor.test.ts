import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

describe('doctor', () => {
  test('names what is wrong, what to do, and shows no secret', async () => {
    const home = temporaryFolder();
    const api = await startApi();
    const file = join(home, 'my.env');
    writeFileSync(file, `ANTHROPIC_API_KEY=sk-very-secret\nMOBYCLAW_PORT=${api.port}\n`);
    chmodSync(file, 0o644);
    writeFileSync(join(home, 'soul.yaml'), 'agents:\n  root: [unclosed\n');
    const env = { MOBYCLAW_ENV_FILE: file, MOBYCLAW_AGENT: 'cagent', PATH: '/nonexistent' };
    const { code, stdout, stderr } = await runCli(['doctor', '--json'], { home, env });
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain('sk-very-secret');
    const { checks, settings } = JSON.parse(stdout) as {
      checks: { name: string; status: string; detail: string; remedy?: string }[];
      settings: { name: string }[];
    };
    const of = (name: string) => checks.find((check) => check.name === name);
    expect(of('.env')).toMatchObject({ status: 'fail', remedy: `chmod 600 '${file}'` });
    expect(of('soul.yaml')).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(/^line 3, column/),
    });
    expect(of('port')).toMatchObject({ status: 'fail', detail: `${api.port} is used by another program` });
    expect(of('agent')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('neither docker-agent nor cagent'),
    });
    expect(of('npm')).toMatchObject({ status: 'warn' });
    expect(of('keys')).toMatchObject({ status: 'ok', detail: 'ANTHROPIC_API_KEY (.env)' });
    expect(settings).toContainEqual({
      name: 'ANTHROPIC_API_KEY',
      value: 'set',
      origin: '.env',
      parts: ['egress'],
      about: expect.stringContaining('Anthropic'),
    });
    for (const { status, remedy } of checks) expect(status === 'ok' || Boolean(remedy)).toBe(true);
  });

  test('as text, before the first start', async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o700);
    const api = await startApi();
    const { port } = api;
    await api.close();
    const { stdout } = await runCli(['doctor'], { home, port });
    expect(stdout).toMatch(/^ok {4}node/m);
    expect(stdout).toMatch(/^ok {4}clock +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, time zone/m);
    expect(stdout).toMatch(/^warn {2}Moby +not running\n +→ \.\/mobyclaw up/m);
    expect(stdout).toMatch(/MOBYCLAW_PORT +\d+ +environment/);
  });
});

test('names a workspace that is more than a project, whoever wrote the line, and whose shell it is in local mode', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  for (const path of [home, join(folder, '.ssh')]) mkdirSync(path);
  writeFileSync(join(home, 'workspaces.conf'), `keys=${folder}/.ssh:ro\n`);
  const env = { MOBYCLAW_HOME: home, MOBYCLAW_SANDBOX: 'off' };
  const { stdout } = await runCli(['doctor', '--json'], { home: folder, env });
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
  const of = (name: string) => checks.find((check) => check.name === name);
  expect(of('workspaces')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('The workspace keys is in ~/.ssh'),
  });
  expect(of('shell')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('his shell is yours, with no wall around it (MOBYCLAW_SANDBOX is off)'),
    remedy: 'Set MOBYCLAW_SANDBOX=auto, then ./mobyclaw up.',
  });
});

test('what it tells to type is what a shell takes, with a quote and a blank in the path too', async () => {
  const home = join(temporaryFolder(), "O'Hara's files; echo $HOME");
  mkdirSync(home);
  const file = join(home, 'my.env');
  writeFileSync(file, '');
  for (const path of [file, home]) chmodSync(path, 0o777);
  writeFileSync(join(home, 'soul.yaml'), '');
  const { stdout } = await runCli(['doctor', '--json'], { home, env: { MOBYCLAW_ENV_FILE: file } });
  const { checks } = JSON.parse(stdout) as { checks: { name: string; remedy?: string }[] };
  for (const [name, path, mode] of [
    ['.env', file, 0o600],
    ['data directory', home, 0o700],
  ] as const) {
    execFileSync('sh', ['-c', checks.find((check) => check.name === name)?.remedy ?? 'false']);
    expect(statSync(path).mode & 0o777).toBe(mode);
  }
});

test('doctor --fix closes what others could read, makes what is missing, and says so', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const envFile = join(folder, 'settings.env');
  writeFileSync(envFile, 'OPENAI_API_KEY=sk-1\n');
  chmodSync(envFile, 0o644);
  const at = { home: folder, env: { MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: envFile, PATH: '/nonexistent' } };
  const before = await runCli(['doctor'], at);
  expect(before.stdout).toContain('doctor --fix');
  expect(statSync(envFile).mode & 0o777).toBe(0o644);
  const fixed = await runCli(['doctor', '--fix'], at);
  expect(fixed.stderr).toMatch(/Mended: \.env: .*can be read by other users/);
  expect(statSync(envFile).mode & 0o777).toBe(0o600);
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(readFileSync(envFile, 'utf8')).toBe('OPENAI_API_KEY=sk-1\n');
  expect((await runCli(['doctor', '--fix'], at)).stderr).toBe('');
});

test('what Moby keeps is told with its size, and that it is more where counting had to end', async () => {
  const folder = temporaryFolder();
  const at = { home: folder, env: { MOBYCLAW_HOME: join(folder, 'moby'), PATH: '/nonexistent' } };
  const work = join(folder, 'moby/sessions/work');
  mkdirSync(work, { recursive: true });
  const ofSessions = async (): Promise<Told['checks'][number] | undefined> => {
    const { checks } = JSON.parse((await runCli(['doctor', '--json'], at)).stdout) as Told;
    return checks.find(({ name }) => name === 'sessions');
  };
  expect(await ofSessions()).toEqual({ name: 'sessions', status: 'ok', detail: '0.0 GB that Moby keeps' });
  mkdirSync(join(work, ...Array.from({ length: 600 }, () => 'd')), { recursive: true });
  expect(await ofSessions()).toEqual({
    name: 'sessions',
    status: 'warn',
    detail: 'more than 0.0 GB that Moby keeps',
    remedy: expect.stringContaining('du -h'),
  });
});

test('what the agent did not take of soul.yaml is told of the file, which looks right from here, and no password is shown', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const started = new Date().toISOString();
  api.on('GET /api/storage', { body: STORAGE });
  api.on('GET /api/status', {
    body: {
      version: '0.1.0',
      startedAt: started,
      state: 'ready',
      agent: { reachable: true, engine: 'embedded', generation: 'messages-array' },
      soul: { state: 'rejected', problem: 'line 7: there is no model named qwen' },
      turns: { running: 0, queued: 0, limit: 16 },
      sessions: 0,
      store: { path: '/x', bytes: 1 },
    },
  });
  mkdirSync(join(home, 'run'), { recursive: true });
  writeFileSync(join(home, 'soul.yaml'), 'agents: { root: { model: openai/qwen } }\n');
  writeFileSync(
    join(home, 'run/compose.json'),
    JSON.stringify({ port: api.port, startedAt: started, built: '' }),
  );
  const env = { PATH: '/nonexistent', MOBYCLAW_TRANSCRIBE_URL: 'http://alice:hunter2@127.0.0.1:9/v1' };
  const result = await runCli(['doctor', '--json'], { home, port: api.port, env });
  const { checks } = JSON.parse(result.stdout) as {
    checks: { name: string; status: string; detail: string }[];
  };
  const ofSoul = checks.filter(({ name }) => name === 'soul.yaml');
  expect(ofSoul).toContainEqual(
    expect.objectContaining({ status: 'fail', detail: 'line 7: there is no model named qwen' }),
  );
  expect(ofSoul.map(({ status }) => status)).not.toContain('ok');
  expect(checks.find(({ name }) => name === 'API')?.status).toBe('ok');
  expect(result.stdout).toContain('http://127.0.0.1:9/v1');
  expect(result.stdout).not.toContain('hunter2');
});

const STORAGE = {
  path: '/x',
  bytes: 1_200_000_000,
  free: 0,
  tables: [
    { name: 'messages', bytes: 900_000_000 },
    { name: 'turns', bytes: 300_000_000 },
  ],
  months: [{ month: '2026-02', messages: 12_000, characters: 27_000_000 }],
};

interface Told {
  checks: { name: string; status: string; detail: string; remedy?: string }[];
}

test('a channel that has stopped is wrong, one that is tried again is told', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const startedAt = '2026-01-02T03:04:05Z';
  mkdirSync(join(home, 'run'), { recursive: true });
  writeFileSync(join(home, 'run/compose.json'), JSON.stringify({ port: api.port, startedAt, built: '' }));
  const channel = { since: startedAt, fatal: false, waiting: 0, connects: 0 };
  api.on('GET /api/storage', { body: STORAGE });
  api.on('GET /api/status', {
    body: {
      version: '0.1.0',
      startedAt,
      state: 'ready',
      agent: { reachable: true, engine: 'embedded', version: '0.1.0', generation: 'messages-object' },
      soul: { state: 'in-force' },
      turns: { running: 0, queued: 0, limit: 16 },
      channels: [
        { ...channel, channel: 'telegram', state: 'stopped', fatal: true, reason: 'The token is wrong.' },
        { ...channel, channel: 'discord', state: 'down', reason: 'No connection.' },
        { ...channel, channel: 'slack', state: 'up' },
      ],
      sessions: 0,
      embeddings: {
        ...{ model: 'e5-small-v2', where: 'local', done: 7, of: 9 },
        failing: { since: startedAt, reason: 'model.onnx is damaged' },
      },
      store: { path: home, bytes: 1 },
    },
  });
  const { code, stdout } = await runCli(['doctor', '--json'], {
    home,
    port: api.port,
    env: { PATH: '/nonexistent' },
  });
  expect(code).toBe(1);
  const { checks } = JSON.parse(stdout) as Told;
  expect(checks).toContainEqual({
    ...{ name: 'meaning', status: 'warn' },
    detail: `e5-small-v2 (local), 7 of 9 pieces; failing since ${startedAt}: model.onnx is damaged`,
    remedy: 'Until then words alone are searched; nothing is lost.',
  });
  expect(checks).toContainEqual({
    name: 'history',
    status: 'warn',
    detail: '1.2 GB: messages 900.0 MB, turns 300.0 MB; 2026-02 12000 messages, 27.0 MB',
    remedy: expect.stringContaining('MOBYCLAW_KEEP'),
  });
  const remedy = './mobyclaw channels shows all of them.';
  expect(checks).toContainEqual({
    name: 'telegram',
    status: 'fail',
    detail: 'stopped: The token is wrong.',
    remedy,
  });
  expect(checks).toContainEqual({ name: 'discord', status: 'warn', detail: 'down: No connection.', remedy });
  expect(checks).toContainEqual({ name: 'slack', status: 'ok', detail: 'up' });
});

test('a model that soul.yaml does not define is a mistake of soul.yaml, not of a key', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'soul.yaml'), 'agents:\n  root: { model: nosuch }\n');
  const { stdout } = await runCli(['doctor', '--json'], {
    home,
    port: 1,
    env: { MOBYCLAW_AGENT: 'embedded', PATH: '/nonexistent' },
  });
  const { checks } = JSON.parse(stdout) as Told;
  expect(checks.some(({ name }) => name === 'keys')).toBe(false);
  expect(checks.find(({ name }) => name === 'model')).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('nosuch'),
    remedy: expect.stringContaining(join(home, 'soul.yaml')),
  });
});
