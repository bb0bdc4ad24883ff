/** `init` as a script runs it: flags, environment, standard input; with real files and a server that stands for the provider. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { freePort } from '../testing/free-port.ts';
import { startProvider } from '../testing/provider-server.ts';
import { type Finished, runCli } from '../testing/run-cli.ts';

interface Machine {
  home: string;
  envFile: string;
  init(args?: string[], options?: { env?: Record<string, string>; input?: string }): Promise<Finished>;
  settings(): NodeJS.Dict<string>;
}

/** One without Docker on the PATH: what init does there is the same, and faster. */
async function machine(): Promise<Machine> {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const envFile = join(folder, 'settings.env');
  const port = await freePort();
  return {
    home,
    envFile,
    init: (args = [], { env = {}, input = '' } = {}) =>
      runCli(
        ['init', '--port', String(port), ...args],
        {
          home: folder,
          env: { PATH: '/nonexistent', MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: envFile, ...env },
        },
        input,
      ),
    settings: () => parseEnv(readFileSync(envFile, 'utf8')),
  };
}

test('a data directory below ~ is that of the person, in the environment and as a flag', async () => {
  for (const [args, env, folder] of [
    [[], { MOBYCLAW_HOME: '~/notes of moby' }, 'notes of moby'],
    [['--home', '~/elsewhere'], {}, 'elsewhere'],
  ] as const) {
    const one = await machine();
    const { code, stderr } = await one.init([...args], { env });
    expect([code, stderr]).toEqual([0, expect.stringContaining('./mobyclaw up --local')]);
    const home = join(dirname(one.home), folder);
    expect(one.settings().MOBYCLAW_HOME).toBe(home);
    expect(statSync(home).isDirectory()).toBe(true);
  }
});

test('with nothing given: the offline model, tokens of its own, and a file only the owner reads', async () => {
  const one = await machine();
  const { code, stdout, stderr } = await one.init();
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('./mobyclaw up --local');
  expect(statSync(one.envFile).mode & 0o777).toBe(0o600);
  expect(statSync(one.home).mode & 0o777).toBe(0o700);
  expect(one.settings()).toMatchObject({
    MOBYCLAW_HOME: one.home,
    MOBYCLAW_AGENT: 'embedded',
    MOBYCLAW_MCP_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
    MOBYCLAW_AGENT_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
    MOBYCLAW_TZ: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const text = readFileSync(one.envFile, 'utf8');
  expect(text).toContain('\n#TELEGRAM_BOT_TOKEN=\n');
  expect(text).toContain('\n#ANTHROPIC_API_KEY=\n');
  expect(existsSync(join(one.home, 'soul.yaml'))).toBe(false); // the memory server brings it, as it comes
});

test("a second time keeps what there is, tokens and the owner's own lines included", async () => {
  const one = await machine();
  await one.init();
  const before = one.settings();
  writeFileSync(one.envFile, `${readFileSync(one.envFile, 'utf8')}\n# mine\nGROQ_API_KEY=mine\n`);
  const { code } = await one.init([
    '--heartbeat',
    '1h',
    '--active-hours',
    '20:00-02:00',
    '--time-zone',
    'Asia/Tokyo',
    '--owner-channel',
    'web:main',
  ]);
  expect(code).toBe(0);
  expect(one.settings()).toEqual({
    ...before,
    GROQ_API_KEY: 'mine',
    MOBYCLAW_HEARTBEAT_INTERVAL: '1h',
    MOBYCLAW_ACTIVE_HOURS: '20:00-02:00',
    MOBYCLAW_TZ: 'Asia/Tokyo',
    MOBYCLAW_OWNER_CHANNEL: 'web:main',
  });
  expect(readFileSync(one.envFile, 'utf8')).toContain('\n# mine\n');
});

test('a key of the environment is checked, written down, and shown nowhere', async () => {
  const one = await machine();
  const provider = await startProvider('sk-ant-good', [
    'claude-haiku-4-5-20251001',
    'claude-opus-4-5-20251101',
  ]);
  const env = { ANTHROPIC_API_KEY: 'sk-ant-good', ANTHROPIC_BASE_URL: provider.url };
  const { code, stderr } = await one.init(['--name', '  Alice   B. '], { env });
  expect(code).toBe(0);
  expect(provider.seen).toEqual([{ path: '/v1/models', key: 'sk-ant-good' }]);
  expect(stderr).not.toContain('sk-ant-good');
  expect(one.settings()).toMatchObject({ ANTHROPIC_API_KEY: 'sk-ant-good' });
  expect(one.settings()).not.toHaveProperty('MOBYCLAW_AGENT');
  // The first of ours that the account has.
  expect(parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).models.moby.model).toBe('claude-haiku-4-5');
  expect(readFileSync(join(one.home, 'MEMORY.md'), 'utf8')).toContain(
    "## About the owner\n\n- The owner's name is Alice B..\n",
  );
});

test('a refused key ends it with nothing written, and is not repeated', async () => {
  const one = await machine();
  const provider = await startProvider('sk-good', []);
  const env = { OPENAI_API_KEY: 'sk-bad-bad-bad', OPENAI_BASE_URL: `${provider.url}/v1` };
  const { code, stderr } = await one.init(['--provider', 'openai'], { env });
  expect(code).toBe(2);
  expect(stderr).toContain('OPENAI_API_KEY is refused');
  expect(stderr).not.toContain('sk-bad');
  expect(existsSync(one.envFile)).toBe(false);
  expect(existsSync(one.home)).toBe(false);
});

test('a key that cannot be checked is taken, with a word about it', async () => {
  const one = await machine();
  const env = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: `http://127.0.0.1:${await freePort()}/v1` };
  const { code, stderr } = await one.init(['--provider', 'openai', '--model', 'gpt-5'], { env });
  expect(code).toBe(0);
  expect(stderr).toMatch(/could not be checked: 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/);
  expect(parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).models.moby).toMatchObject({
    provider: 'openai',
    model: 'gpt-5',
    token_key: 'OPENAI_API_KEY',
  });
});

test('secrets by standard input: settings to .env, the rest to credentials.env, both 0600', async () => {
  const one = await machine();
  const input = 'TELEGRAM_BOT_TOKEN=1:abc\nTELEGRAM_ALLOWED_USERS=42\nGITHUB_TOKEN="ghp x$1"\n';
  const { code, stderr } = await one.init(['--secrets-stdin', '--provider', 'none'], { input });
  expect([code, stderr]).toEqual([0, expect.stringContaining('credentials.env holds GITHUB_TOKEN')]);
  expect(stderr).not.toContain('ghp');
  expect(one.settings()).toMatchObject({ TELEGRAM_BOT_TOKEN: '1:abc', TELEGRAM_ALLOWED_USERS: '42' });
  expect(one.settings()).not.toHaveProperty('GITHUB_TOKEN');
  const credentials = join(one.home, 'credentials.env');
  expect(parseEnv(readFileSync(credentials, 'utf8'))).toEqual({ GITHUB_TOKEN: 'ghp x$1' });
  expect(statSync(credentials).mode & 0o777).toBe(0o600);
});

test('a server of the owner, and folders', async () => {
  const one = await machine();
  const server = await startProvider(null, ['qwen3:8b', 'other']);
  const code = temporaryFolder();
  mkdirSync(join(one.home, '../a b'));
  const done = await one.init([
    '--provider',
    'local',
    '--base-url',
    `${server.url}/v1`,
    '--workspace',
    `notes=${one.home}/../a b:ro`,
    '--workspace',
    `code=${code}`,
  ]);
  expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
  const soul = parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8'));
  expect(soul.models.moby).toMatchObject({ provider: 'local', model: 'qwen3:8b' });
  expect(soul.providers.local.base_url).toBe(`${server.url}/v1`);
  expect(readFileSync(join(one.home, 'workspaces.conf'), 'utf8')).toContain(
    `\nnotes=${join(one.home, '../a b')}:ro\ncode=${code}:rw\n`,
  );
});

test("the owner's soul.yaml is left alone where he has changed it, unless he names a model", async () => {
  const one = await machine();
  const provider = await startProvider('sk-o', ['gpt-5', 'gpt-5-mini']);
  const env = { OPENAI_API_KEY: 'sk-o', OPENAI_BASE_URL: `${provider.url}/v1` };
  const soul = readFileSync(join(import.meta.dirname, '../../../agents/moby/soul.yaml'), 'utf8');
  const own = soul.replace('warm, direct', 'cold');
  mkdirSync(one.home);
  writeFileSync(join(one.home, 'soul.yaml'), own);
  expect((await one.init([], { env })).stderr).toContain('Left soul.yaml as it is');
  expect(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).toBe(own);
  await one.init(['--model', 'gpt-5'], { env });
  expect(parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).models.moby.model).toBe('gpt-5');
});

test.each([
  [['--provider', 'acme'], /--provider acme: write anthropic/],
  [['--provider', 'anthropic'], /ANTHROPIC_API_KEY is not set.*--secrets-stdin/s],
  [['--provider', 'local'], /needs --base-url/],
  [['--provider', 'openai', '--base-url', 'http://127.0.0.1:1/v1'], /--base-url means --provider local/],
  [['--heartbeat', 'often'], /--heartbeat often: That is neither/],
  [['--active-hours', '8-23'], /--active-hours/],
  [['--owner-channel', 'my phone'], /--owner-channel/],
  [['--agent', 'other'], /must be cagent or embedded/],
  [['--workspace', 'a b=/x'], /^mobyclaw: --workspace a b=\/x: "a b" cannot be a name/m],
  [['--workspace', 'notes=/nope'], /--workspace notes=\/nope: there is no folder \/nope/],
  [['--workspace', `notes=${import.meta.filename}`], /is not a folder/],
  [['--workspace', 'notes=/etc'], /would show Moby the system's/],
  [['--workspace', 'a=/opt', '--workspace', 'A=/usr'], /--workspace a=\/opt has this name too/],
  [['--workspace', 'machine=/usr:ro'], /a folder of the whole machine.*--allow-sensitive-folder/],
  [['--secrets-stdin'], /MOBYCLAW_HOME2?/],
])('%j is refused, with nothing written', async (args, message) => {
  const one = await machine();
  const { code, stderr } = await one.init(args, { input: 'MOBYCLAW_HOME2=x\n' });
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(existsSync(one.envFile)).toBe(false);
  expect(existsSync(one.home)).toBe(false);
});

test('a port that another program uses is named before anything is written', async () => {
  const one = await machine();
  const { url } = await startProvider(null, []);
  const { code, stderr } = await one.init(['--port', new URL(url).port]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('is used by another program')]);
  expect(existsSync(one.envFile)).toBe(false);
});
