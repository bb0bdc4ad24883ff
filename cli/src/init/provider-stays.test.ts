/** What `init` is not asked to change stays: the provider, its model, and which key goes to whom. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { freePort } from '../testing/free-port.ts';
import { type ProviderServer, startProvider } from '../testing/provider-server.ts';
import { type Finished, runCli } from '../testing/run-cli.ts';
import { withModel } from './soul-model.ts';

const SHIPPED = readFileSync(join(import.meta.dirname, '../../../agents/moby/soul.yaml'), 'utf8');

interface SetUp {
  home: string;
  /** Stands for OpenAI; nobody's key is taken there but `sk-openai`. */
  openai: ProviderServer;
  server: ProviderServer;
  init(args: string[], options?: { env?: Record<string, string>; input?: string }): Promise<Finished>;
  soul(): string;
  env(): string;
}

/** Set up before: `.env` with odd but sound lines, and a soul.yaml. */
async function setUp(soul: (server: string) => string, lines: string): Promise<SetUp> {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const envFile = join(folder, 'settings.env');
  const openai = await startProvider('sk-openai', ['gpt-5', 'gpt-5-mini']);
  const server = await startProvider('sk-server', ['qwen3', 'other']);
  const port = await freePort();
  mkdirSync(home);
  writeFileSync(join(home, 'soul.yaml'), soul(`${server.url}/v1`));
  const tokens =
    'MOBYCLAW_MCP_TOKEN="m"\nMOBYCLAW_AGENT_TOKEN=a\nMOBYCLAW_CONTROL_TOKEN=c\nMOBYCLAW_MEMORY_TOKEN=t\nMOBYCLAW_CAPABILITY_KEY=k\nMOBYCLAW_EGRESS_TOKEN=e\nMOBYCLAW_MODEL_KEY=v\nMOBYCLAW_UID=1\nMOBYCLAW_GID=1\n';
  writeFileSync(
    envFile,
    `# mine\nMOBYCLAW_HOME='${home}' # here\nMOBYCLAW_PORT=${port}\nexport MOBYCLAW_TZ="UTC"\n${tokens}${lines}`,
  );
  return {
    home,
    openai,
    server,
    init: (args, { env = {}, input = '' } = {}) =>
      runCli(
        ['init', '--yes', ...args],
        {
          home: folder,
          env: {
            PATH: '/nonexistent',
            MOBYCLAW_HOME: home,
            MOBYCLAW_ENV_FILE: envFile,
            OPENAI_BASE_URL: `${openai.url}/v1`,
            ANTHROPIC_BASE_URL: openai.url,
            ...env,
          },
        },
        input,
      ),
    soul: () => readFileSync(join(home, 'soul.yaml'), 'utf8'),
    env: () => readFileSync(envFile, 'utf8'),
  };
}

const onServer = (baseUrl: string): string =>
  withModel(SHIPPED, { provider: 'local', model: 'qwen3', baseUrl, tokenKey: 'OPENAI_API_KEY' }) ?? '';

const SERVER_KEY = "OPENAI_API_KEY='sk-server' # of my server\n";

describe('a setup on a server of the owner', () => {
  test.each([
    [[]],
    [['--name', 'Alice']],
    [['--workspace', 'notes=/var/tmp:ro']],
    [['--time-zone', 'UTC']],
    [['--secrets-stdin']],
  ])('stays there byte for byte with %j, and its key is sent nowhere', async (args) => {
    const at = await setUp(onServer, SERVER_KEY);
    const before = [at.soul(), at.env()];
    const { code, stderr } = await at.init(args, { input: 'GITHUB_TOKEN=x\n' });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Updated')]);
    expect([at.soul(), at.env()]).toEqual(before);
    expect([at.openai.seen, at.server.seen]).toEqual([[], []]);
  });

  test('keeps all but the one setting that a flag names', async () => {
    const at = await setUp(onServer, SERVER_KEY);
    const before = at.env();
    await at.init(['--heartbeat', '2h']);
    expect(at.env()).toBe(`${before}MOBYCLAW_HEARTBEAT_INTERVAL=2h\n`);
  });

  test('takes another model of its own with --model alone', async () => {
    const at = await setUp(onServer, SERVER_KEY);
    await at.init(['--model', 'other']);
    expect(at.soul()).toBe(onServer(`${at.server.url}/v1`).replace('model: qwen3', 'model: other'));
    expect(at.openai.seen).toEqual([]);
  });

  test('sends its key to OpenAI not even where OpenAI is asked for', async () => {
    const at = await setUp(onServer, SERVER_KEY);
    const before = [at.soul(), at.env()];
    const { code, stderr } = await at.init(['--provider', 'openai']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/is the key of localhost:\d+, which OpenAI is not given/),
    ]);
    expect([at.soul(), at.env(), at.openai.seen]).toEqual([...before, []]);
    const next = await at.init(['--provider', 'openai'], { env: { OPENAI_API_KEY: 'sk-openai' } });
    expect([next.code, at.openai.seen.map(({ key }) => key)]).toEqual([0, ['sk-openai']]);
    expect(parse(at.soul()).models.moby).toMatchObject({ provider: 'openai', token_key: 'OPENAI_API_KEY' });
  });

  test('sends its key to no other server either, and keeps it where the address is the same', async () => {
    const at = await setUp(onServer, SERVER_KEY);
    const other = await startProvider(null, ['qwen3']);
    expect((await at.init(['--base-url', `${at.server.url}/v1/`, '--model', 'other'])).code).toBe(0);
    expect(at.server.seen).toEqual([{ path: '/v1/models', key: 'sk-server' }]);
    expect(parse(at.soul()).providers.local).toMatchObject({ token_key: 'OPENAI_API_KEY' });
    expect((await at.init(['--base-url', `${other.url}/v1`])).code).toBe(0);
    expect(other.seen).toEqual([{ path: '/v1/models', key: undefined }]);
    expect(parse(at.soul()).providers.local).toMatchObject({ base_url: `${other.url}/v1` });
    expect(parse(at.soul()).providers.local).not.toHaveProperty('token_key');
    expect(parse(at.soul()).models.moby.model).toBe('qwen3');
  });

  test('has a new key of its own checked where it will be used', async () => {
    const at = await setUp(onServer, SERVER_KEY);
    const before = at.env();
    const refused = await at.init(['--secrets-stdin'], { input: 'OPENAI_API_KEY=wrong\n' });
    expect([refused.code, at.env()]).toEqual([2, before]);
    expect([at.openai.seen, at.server.seen.map(({ key }) => key)]).toEqual([[], ['wrong']]);
  });
});

test("a provider that is chosen stays, though another one's key is in the environment, which is not written down", async () => {
  const at = await setUp(() => SHIPPED, 'ANTHROPIC_API_KEY=sk-ant-mine\n');
  const before = [at.soul(), at.env()];
  const { code, stderr } = await at.init(['--name', 'Bea'], { env: { OPENAI_API_KEY: 'sk-openai' } });
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('OPENAI_API_KEY of the environment is not written down'),
  ]);
  expect([at.soul(), at.env(), at.openai.seen]).toEqual([...before, []]);
});

test('rules stay rules, though a key is in the environment', async () => {
  const at = await setUp(() => SHIPPED, 'MOBYCLAW_AGENT=embedded\n');
  const before = [at.soul(), at.env()];
  await at.init(['--name', 'Bea'], { env: { OPENAI_API_KEY: 'sk-openai' } });
  expect([at.soul(), at.env(), at.openai.seen]).toEqual([...before, []]);
});

test('a first .env beside a soul.yaml of long standing leaves that as it is', async () => {
  const at = await setUp(onServer, '');
  const folder = temporaryFolder();
  const fresh = join(folder, 'fresh.env');
  const before = at.soul();
  const port = String(await freePort());
  const { code } = await at.init(['--port', port], {
    env: { MOBYCLAW_ENV_FILE: fresh, OPENAI_API_KEY: 'sk-server' },
  });
  expect([code, at.soul(), at.openai.seen]).toEqual([0, before, []]);
  expect(parseEnv(readFileSync(fresh, 'utf8')).OPENAI_API_KEY).toBe('sk-server');
});

test('--provider none: answers by rules, and the keys stay for later', async () => {
  const at = await setUp(onServer, SERVER_KEY);
  await at.init(['--provider', 'none']);
  expect(parse(at.soul()).models.moby).toMatchObject({ provider: 'offline', model: 'offline' });
  expect(parseEnv(at.env())).toMatchObject({ OPENAI_API_KEY: 'sk-server', MOBYCLAW_AGENT: 'embedded' });
  expect(existsSync(join(at.home, 'credentials.env'))).toBe(false);
  expect([at.openai.seen, at.server.seen]).toEqual([[], []]);
});
