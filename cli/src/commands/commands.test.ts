/** The commands as a script calls them: what goes where, and how they end. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { problem, startApi } from '../testing/api-server.ts';
import { runCli, startCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';
const UTC = { MOBYCLAW_TZ: 'UTC' };

test('version and help', async () => {
  const home = temporaryFolder();
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  for (const args of [['--version'], ['-V'], ['version']]) {
    expect(await runCli(args, { home })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  }
  for (const args of [[], ['--help'], ['help'], ['help', 'run'], ['run', '--help']]) {
    const { code, stdout } = await runCli(args, { home });
    expect(code, args.join(' ')).toBe(0);
    expect(stdout).toContain('Usage: mobyclaw');
  }
  const wrong = await runCli(['chta'], { home });
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('Did you mean chat?');
});

test('a wrong setting ends every command that reads settings, with 2', async () => {
  const result = await runCli(['status'], { home: temporaryFolder(), env: { MOBYCLAW_PORT: 'x' } });
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain('MOBYCLAW_PORT (environment): is not a whole number');
});

describe('history', () => {
  const message = { id: 1, session: 'cli:main', turn: 't', role: 'user', text: 'Hello', at: AT };

  test('shows a conversation, oldest first', async () => {
    const home = temporaryFolder();
    const api = await startApi(home);
    const items = [message, { ...message, id: 2, role: 'assistant', text: 'Hi Alice', incomplete: true }];
    api.on('GET /api/sessions/cli%3Awork/messages', { body: { items } });
    const { stdout, code } = await runCli(['history', 'work', '-n', '7'], { home, port: api.port, env: UTC });
    expect(stdout).toBe('You 2026-01-02 03:04\nHello\n\nMoby 2026-01-02 03:04 (incomplete)\nHi Alice\n\n');
    expect(code).toBe(0);
    expect(api.seen.at(-1)?.path).toContain('limit=7');
  });

  test('searches all of them', async () => {
    const home = temporaryFolder();
    const api = await startApi(home);
    const items = [{ ...message, snippet: 'say «Hello» to', score: 1 }];
    api.on('GET /api/history/search', { body: { items } });
    const { stdout } = await runCli(['history', 'search', 'hello', 'you & me'], {
      home,
      port: api.port,
      env: UTC,
    });
    expect(stdout).toBe('2026-01-02 03:04  cli:main  you\n  say «Hello» to\n\n');
    expect(new URL(api.seen.at(-1)?.path ?? '', 'http://x').searchParams.get('q')).toBe('hello you & me');
  });

  test('of an unknown session says so', async () => {
    const home = temporaryFolder();
    const api = await startApi(home);
    api.on(
      'GET /api/sessions/cli%3Anone/messages',
      problem(404, 'not-found', 'There is no conversation cli:none.'),
    );
    const result = await runCli(['history', 'none'], { home, port: api.port });
    expect(result).toEqual({ code: 1, stdout: '', stderr: 'mobyclaw: There is no conversation cli:none.\n' });
  });
});

test('sessions: list, show, reset and stop', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const view = {
    key: 'cli:main',
    state: 'idle',
    queued: 0,
    queueMode: 'followup',
    messages: 3,
    createdAt: AT,
    lastActiveAt: AT,
  };
  api.on('GET /api/sessions', {
    body: {
      items: [
        view,
        { ...view, key: 'telegram:dm:42', state: 'running', queued: 2, lastActiveAt: '2026-02-01T00:00:00Z' },
      ],
    },
  });
  api
    .on('POST /api/sessions/cli%3Amain/reset', { body: view })
    .on('POST /api/sessions/cli%3Amain/stop', { body: {} });
  const at = { home, port: api.port, env: UTC };
  const { stdout } = await runCli(['sessions'], at);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['SESSION', 'STATE', 'MESSAGES', 'LAST ACTIVE'],
    ['telegram:dm:42', 'running, 2 waiting', '3', '2026-02-01 00:00'],
    ['cli:main', 'idle', '3', '2026-01-02 03:04'],
  ]);
  expect(JSON.parse((await runCli(['sessions', 'show', 'main', '--json'], at)).stdout)).toEqual(view);
  expect((await runCli(['sessions', 'show', 'other'], at)).code).toBe(1);
  expect((await runCli(['sessions', 'reset', 'main'], at)).stderr).toBe(
    'cli:main begins anew with the next message.\n',
  );
  expect((await runCli(['sessions', 'stop', 'main'], at)).code).toBe(0);
});

test('token: the secret alone goes to stdout, once', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const view = { id: '1', name: 'phone', scope: 'read', createdAt: AT };
  api.on('POST /api/tokens', ({ body }) => ({
    status: 201,
    body: { ...view, ...(body as object), token: 'moby_secret' },
  }));
  api.on('GET /api/tokens', { body: { items: [view] } }).on('DELETE /api/tokens/1', { status: 204 });
  const at = { home, port: api.port, env: UTC };
  const made = await runCli(['token', 'create', 'phone', '--scope', 'hook:ci'], at);
  expect(made).toMatchObject({ code: 0, stdout: 'moby_secret\n' });
  expect(api.seen.at(-1)?.body).toEqual({ name: 'phone', scope: 'hook:ci' });
  expect((await runCli(['token', 'list'], at)).stdout).toMatch(/1 +phone +read +2026-01-02 03:04 +never/);
  expect((await runCli(['token', 'revoke', '1'], at)).code).toBe(0);
  expect((await runCli(['token', 'create', 'x', '--scope', 'root'], at)).code).toBe(2);
});

test('a wrong token, or another program on the port, is told apart from a stack that is down', async () => {
  const home = temporaryFolder();
  const api = await startApi();
  mkdirSync(join(home, 'gateway'));
  writeFileSync(join(home, 'gateway/cli-token'), 'old');
  const wrong = await runCli(['sessions'], { home, port: api.port });
  expect(wrong.stderr).toMatch(/The token is not valid\..*\.\/mobyclaw doctor/s);
  api.refuseNext = [{ status: 501, body: '<html>', contentType: 'text/html' }];
  expect((await runCli(['sessions'], { home, port: api.port })).stderr).toContain(
    'Another program may use its port',
  );
});

describe('memory', () => {
  function filled(): string {
    const home = temporaryFolder();
    mkdirSync(join(home, 'memory/.versions/MEMORY.md'), { recursive: true });
    writeFileSync(
      join(home, 'MEMORY.md'),
      '# Memory\n\n## People\n\n- Zoë lives in Oslo\n\n## Work\n\nNothing.\n',
    );
    writeFileSync(join(home, 'memory/2026-01-01.md'), '09:00 met Zoe in the office\n');
    writeFileSync(join(home, 'memory/2026-01-02.md'), '10:00 quiet\n');
    writeFileSync(join(home, 'memory/.versions/MEMORY.md/2026-01-01T00_00_00.000Z.md'), 'older\n');
    return home;
  }

  test('is shown and searched without a running stack', async () => {
    const home = filled();
    expect((await runCli(['memory'], { home })).stdout).toContain('- Zoë lives in Oslo');
    const { stdout } = await runCli(['memory', 'search', 'ZOE'], { home });
    expect(stdout).toBe(
      'MEMORY.md:5  People\n- Zoë lives in Oslo\n\nmemory/2026-01-01.md:1\n09:00 met Zoe in the office\n\n',
    );
    expect((await runCli(['memory', 'search', 'people', 'oslo'], { home })).stdout).toContain('MEMORY.md:5');
    expect((await runCli(['memory', 'search', 'absent'], { home })).stdout).toBe('');
  });

  test('the log of a day; nothing outside the folder can be asked for', async () => {
    const home = filled();
    expect((await runCli(['memory', 'log', '2026-01-02'], { home })).stdout).toBe('10:00 quiet\n');
    const none = await runCli(['memory', 'log', '2026-01-03'], { home });
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('the last days with a log are 2026-01-01, 2026-01-02');
    expect((await runCli(['memory', 'log', '../soul'], { home })).code).toBe(2);
    expect((await runCli(['memory', 'versions', '--file', '../x.md'], { home })).code).toBe(2);
  });

  test('versions, and the editor', async () => {
    const home = filled();
    const env = { ...UTC, EDITOR: 'sed -i s/Oslo/Bergen/' };
    expect((await runCli(['memory', 'versions'], { home, env })).stdout).toBe(
      '2026-01-01T00_00_00.000Z  2026-01-01 00:00\n',
    );
    expect((await runCli(['memory', 'versions', '2026-01-01T00_00_00.000Z'], { home })).stdout).toBe(
      'older\n',
    );
    expect((await runCli(['memory', 'edit'], { home, env })).code).toBe(0);
    expect(readFileSync(join(home, 'MEMORY.md'), 'utf8')).toContain('Bergen');
    const absent = await runCli(['memory', 'edit'], { home, env: { EDITOR: 'no-such-editor' } });
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain('"no-such-editor" was not found');
  });
});

describe('logs', () => {
  const line = (second: number, part: string, msg: string): string =>
    `${JSON.stringify({ level: 'info', time: `2026-01-01T00:00:0${second}.000Z`, part, turn: 'x', msg })}\n`;

  test('of all parts are merged by time, the rotated file before the current one', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'logs'));
    writeFileSync(join(home, 'logs/gateway.log.1'), line(1, 'gateway', 'one'));
    writeFileSync(join(home, 'logs/gateway.log'), line(3, 'gateway', 'three') + line(5, 'gateway', 'five'));
    writeFileSync(
      join(home, 'logs/agent.log'),
      `${line(2, 'agent', 'two')}plain text\n${line(4, 'agent', 'four')}`,
    );
    const all = await runCli(['logs'], { home, env: UTC });
    expect(all.stdout.match(/one|two|plain text|three|four|five/g)).toEqual([
      'one',
      'two',
      'plain text',
      'three',
      'four',
      'five',
    ]);
    expect(all.stdout).toContain('2026-01-01 00:00:05 gateway info  five  turn=x\n');
    expect((await runCli(['logs', '-n', '2'], { home, env: UTC })).stdout.match(/four|five|three/g)).toEqual([
      'four',
      'five',
    ]);
    expect((await runCli(['logs', 'gateway', '--json', '-n', '1'], { home })).stdout).toBe(
      line(5, 'gateway', 'five'),
    );
    const wrong = await runCli(['logs', 'gate'], { home });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('There are logs of agent, gateway.');
  });

  test('are followed across a rotation without losing a line', async () => {
    const home = temporaryFolder();
    const path = join(home, 'logs/gateway.log');
    mkdirSync(join(home, 'logs'));
    writeFileSync(path, line(1, 'gateway', 'first'));
    const cli = startCli(['logs', 'gateway', '-f', '--json'], { home });
    await until('the first line', () => cli.output.stdout.includes('first'));
    appendFileSync(path, line(2, 'gateway', 'second'));
    await until('the second line', () => cli.output.stdout.includes('second'));
    appendFileSync(path, line(3, 'gateway', 'third'));
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(4, 'gateway', 'fourth'));
    await until('the line after the rotation', () => cli.output.stdout.includes('fourth'));
    cli.child.kill('SIGINT');
    const { code, stdout } = await cli.finished;
    expect(code).toBe(130);
    expect(stdout.match(/first|second|third|fourth/g)).toEqual(['first', 'second', 'third', 'fourth']);
  });
});

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
    expect(settings).toContainEqual({ name: 'ANTHROPIC_API_KEY', value: 'set', origin: '.env' });
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
    expect(stdout).toMatch(/^warn {2}Moby +not running\n +→ \.\/mobyclaw up/m);
    expect(stdout).toMatch(/MOBYCLAW_PORT +\d+ +environment/);
  });
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

test('status of a stack that is down exits 1; of a gateway that runs it is shown', async () => {
  const home = temporaryFolder();
  const down = await runCli(['status'], { home, port: 1 });
  expect(down).toEqual({
    code: 1,
    stdout: '',
    stderr: 'mobyclaw: Moby is not running. Start him with ./mobyclaw up\n',
  });
  const api = await startApi(home);
  const status = {
    version: '0.1.0',
    startedAt: AT,
    state: 'ready',
    agent: { reachable: true, engine: 'cagent', version: '1.32.3', generation: 'messages-array', model: 'm' },
    soul: { state: 'rejected', problem: 'soul.yaml line 3: wrong' },
    turns: { running: 1, queued: 2, limit: 16 },
    sessions: 5,
    store: { path: '/x', bytes: 1 },
  };
  const totals = {
    turns: 3,
    inputTokens: 10,
    outputTokens: 20,
    cachedTokens: 0,
    costUsd: 0.5,
    unpricedTurns: 1,
  };
  const period = { spentUsd: 5.2, spentTokens: 30, unpricedModels: [], share: 1.04 };
  const budget = {
    day: { ...period, capUsd: 5 },
    month: period,
    lifted: false,
    refuses: 'everything',
    why: 'Nothing runs until tomorrow.',
  };
  const channel = {
    channel: 'telegram',
    state: 'down',
    since: AT,
    reason: 'no network',
    fatal: false,
    waiting: 2,
    connects: 1,
  };
  const job = {
    id: 'j',
    name: 'tea',
    timeZone: 'UTC',
    session: 'keep',
    misfire: 'once',
    overlap: 'skip',
    retries: 2,
    enabled: true,
    state: 'active',
    runs: 0,
    failures: 0,
    createdAt: AT,
    updatedAt: AT,
  };
  api
    .on('GET /api/status', { body: status })
    .on('GET /api/usage', { body: { since: AT, totals, byModel: [], bySource: [], bySession: [], budget } })
    .on('GET /api/channels', { body: { items: [channel], trouble: [] } })
    .on('GET /api/jobs', { body: { items: [{ ...job, nextRun: '2026-03-02T08:00:00Z' }, job] } });
  const text = await runCli(['status'], { home, port: api.port, env: UTC });
  expect([text.code, text.stderr]).toEqual([0, 'soul.yaml line 3: wrong\n']);
  expect(text.stdout).toMatch(/agent +cagent 1\.32\.3, model m/);
  expect(text.stdout).toContain('3 turns, 10 tokens in, 20 out, $0.50 and 1 turn of unknown price');
  expect(text.stdout).toMatch(
    /budget +today \$5\.20 of \$5\.00 \(104 %\)\n +Nothing runs until tomorrow\.\n/,
  );
  expect(text.stdout).toMatch(
    /telegram +down, 2 to be sent: no network\nnext jobs +2026-03-02 08:00 {2}tea\n/,
  );
  expect(text.stdout).toMatch(/data +\S+, 0\.0 MB, [\d.]+ GB free/);
  expect(text.stderr).toBe('soul.yaml line 3: wrong\n');
  const json = await runCli(['status', '--json'], { home, port: api.port });
  expect(JSON.parse(json.stdout)).toMatchObject({
    gateway: status,
    local: null,
    problem: 'soul.yaml line 3: wrong',
  });
});
