import { expect, test } from 'vitest';
import { type PartName, type PartSources, partEnvironment } from './part-environment.ts';

const environment = {
  PATH: '/bin',
  HOME: '/home/alice',
  LANG: 'C.UTF-8',
  TERM: 'xterm',
  USER: 'alice',
  ANTHROPIC_API_KEY: 'key-a',
  OPENAI_API_KEY: 'key-o',
  OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
  GOOGLE_API_KEY: 'key-g',
  GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:8/v1beta',
  TELEGRAM_BOT_TOKEN: 'token-t',
  TELEGRAM_ALLOWED_USERS: '42',
  SLACK_APP_TOKEN: 'token-s',
  HTTPS_PROXY: 'http://proxy:1',
  MOBYCLAW_HOME: '/elsewhere',
  MOBYCLAW_MCP_TOKEN: 'token-stale',
  MOBYCLAW_CONTROL_TOKEN: 'token-stale',
  MOBYCLAW_MEMORY_TOKEN: 'token-stale',
  MOBYCLAW_CAPABILITY_KEY: 'token-stale',
  MOBYCLAW_EGRESS_TOKEN: 'token-stale',
  MOBYCLAW_MODEL_KEY: 'token-stale',
  MOBYCLAW_AGENT: 'embedded',
  MOBYCLAW_AGENT_TOKEN: 'token-agent',
  MOBYCLAW_MAX_TURNS: '4',
  MOBYCLAW_MEMORY_BUDGET: '2000',
  MOBYCLAW_MODELS_DEV: 'offline',
  MOBYCLAW_TZ: 'Europe/Berlin',
  MOBYCLAW_LOG_LEVEL: 'warn',
  MOBYCLAW_DEFAULTS: '/d',
  MOBYCLAW_BIND: '0.0.0.0', // the supervisor's to decide
  TELEGRAM_NOTES: 'of the owner',
  GITHUB_TOKEN: 'token-g',
  SSH_AUTH_SOCK: '/tmp/ssh',
  NODE_OPTIONS: '--inspect',
  MOBYCLAW_QUEUE_MODE: '',
  MOBYCLAW_OWNER_CHANNEL: 'telegram:dm:42',
};

const SECRETS = {
  mcp: 'mcp',
  control: 'control',
  memory: 'memory',
  capability: 'capability',
  egress: 'egress',
  model: 'sk-moby-model',
};

const of = (part: PartName, bound: PartSources['bound'] = [], soul = '', more: Record<string, string> = {}) =>
  partEnvironment(part, {
    bound,
    soul,
    environment: { ...environment, ...more },
    credentials: { JIRA_TOKEN: 'jira' },
    workspaces: [{ name: 'notes', path: '/home/alice/notes', mode: 'ro' }],
    addresses: {
      home: '/h',
      port: 3000,
      secrets: SECRETS,
      memoryPort: 20_001,
      workspacePort: 20_003,
      relayPort: 20_004,
      doorPort: 20_005,
      egressPort: 20_006,
      controlPort: 20_002,
      agentUrl: 'unix:///h/run/agent.sock',
    },
  });

const MALLOC = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

test('memory: its own settings, no key, no token but the one it asks for', () => {
  expect(of('memory')).toEqual({
    ...MALLOC,
    LANG: 'C.UTF-8',
    MOBYCLAW_LOG_LEVEL: 'warn',
    MOBYCLAW_TZ: 'Europe/Berlin',
    MOBYCLAW_MEMORY_BUDGET: '2000',
    MOBYCLAW_DEFAULTS: '/d',
    MOBYCLAW_HOME: '/h',
    MOBYCLAW_MCP_TOKEN: 'mcp',
    MOBYCLAW_MEMORY_TOKEN: 'memory',
    MOBYCLAW_CAPABILITY_KEY: 'capability',
    MOBYCLAW_MEMORY_LISTEN: '127.0.0.1:20001',
  });
});

/** To which his programs are told to turn, whatever proxy the owner has. */
const DOOR = {
  HTTP_PROXY: 'http://127.0.0.1:20005',
  HTTPS_PROXY: 'http://127.0.0.1:20005',
  NO_PROXY: 'localhost,127.0.0.1,::1',
  http_proxy: 'http://127.0.0.1:20005',
  https_proxy: 'http://127.0.0.1:20005',
  no_proxy: 'localhost,127.0.0.1,::1',
};

test('agent: the virtual key in the place of each, and credentials, no messaging token', () => {
  expect(of('agent')).toEqual({
    PATH: '/bin',
    HOME: '/home/alice',
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    USER: 'alice',
    TZ: 'Europe/Berlin',
    MOBYCLAW_LOG_LEVEL: 'warn',
    ANTHROPIC_API_KEY: 'sk-moby-model',
    OPENAI_API_KEY: 'sk-moby-model',
    GOOGLE_API_KEY: 'sk-moby-model',
    ...DOOR,
    JIRA_TOKEN: 'jira',
    MOBYCLAW_CREDENTIAL_NAMES: 'JIRA_TOKEN',
    MOBYCLAW_MCP_TOKEN: 'mcp',
    MOBYCLAW_MEMORY_URL: 'http://127.0.0.1:20001',
    MOBYCLAW_WORKSPACE_URL: 'http://127.0.0.1:20003',
    MOBYCLAW_GATEWAY_URL: 'http://127.0.0.1:3000',
    MOBYCLAW_MODEL_KEY: 'sk-moby-model',
    MOBYCLAW_RELAY_URL: 'http://127.0.0.1:20004',
    MOBYCLAW_DOOR_URL: 'http://127.0.0.1:20005',
  });
});

test('workspace: the folders, the way to ripgrep, and no key', () => {
  expect(of('workspace')).toEqual({
    ...MALLOC,
    PATH: '/bin',
    LANG: 'C.UTF-8',
    MOBYCLAW_LOG_LEVEL: 'warn',
    MOBYCLAW_MCP_TOKEN: 'mcp',
    MOBYCLAW_WORKSPACE_LISTEN: '127.0.0.1:20003',
    MOBYCLAW_WORKSPACES: '{"notes":{"path":"/home/alice/notes","mode":"ro"}}',
  });
});

test('egress: where to listen, the way out, whatever may be a key of a model, and no token of the stack but its own', () => {
  expect(of('egress')).toEqual({
    ...MALLOC,
    LANG: 'C.UTF-8',
    HTTPS_PROXY: 'http://proxy:1',
    MOBYCLAW_LOG_LEVEL: 'warn',
    ANTHROPIC_API_KEY: 'key-a',
    OPENAI_API_KEY: 'key-o',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    GOOGLE_API_KEY: 'key-g',
    GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:8/v1beta',
    GITHUB_TOKEN: 'token-g', // soul.yaml may name it as the key of a model
    JIRA_TOKEN: 'jira',
    MOBYCLAW_HOME: '/h',
    MOBYCLAW_EGRESS_TOKEN: 'egress',
    MOBYCLAW_MODEL_KEY: 'sk-moby-model',
    MOBYCLAW_RELAY_LISTEN: '127.0.0.1:20004',
    MOBYCLAW_DOOR_LISTEN: '127.0.0.1:20005',
    MOBYCLAW_EGRESS_LISTEN: '127.0.0.1:20006',
  });
});

test('gateway: messaging tokens and its settings, no LLM key, no credentials', () => {
  expect(of('gateway')).toEqual({
    ...MALLOC,
    LANG: 'C.UTF-8',
    HTTPS_PROXY: 'http://proxy:1',
    TELEGRAM_BOT_TOKEN: 'token-t',
    TELEGRAM_ALLOWED_USERS: '42',
    SLACK_APP_TOKEN: 'token-s',
    MOBYCLAW_LOG_LEVEL: 'warn',
    MOBYCLAW_TZ: 'Europe/Berlin',
    MOBYCLAW_MAX_TURNS: '4',
    MOBYCLAW_OWNER_CHANNEL: 'telegram:dm:42',
    MOBYCLAW_AGENT_TOKEN: 'token-agent',
    MOBYCLAW_HOME: '/h',
    MOBYCLAW_PORT: '3000',
    MOBYCLAW_MCP_TOKEN: 'mcp',
    MOBYCLAW_CONTROL_TOKEN: 'control',
    MOBYCLAW_MEMORY_TOKEN: 'memory',
    MOBYCLAW_CAPABILITY_KEY: 'capability',
    MOBYCLAW_EGRESS_TOKEN: 'egress',
    MOBYCLAW_EGRESS_URL: 'http://127.0.0.1:20006',
    MOBYCLAW_MEMORY_URL: 'http://127.0.0.1:20001',
    MOBYCLAW_AGENT_URL: 'unix:///h/run/agent.sock',
    MOBYCLAW_AGENT_CONTROL_URL: 'http://127.0.0.1:20002',
  });
});

test('credentials cannot take the place of what the supervisor decides', () => {
  const env = partEnvironment('agent', {
    environment: {},
    credentials: { MOBYCLAW_MEMORY_URL: 'http://evil', PATH: '/mine' },
    workspaces: [],
    soul: '',
    addresses: {
      home: '/h',
      port: 1,
      secrets: SECRETS,
      memoryPort: 2,
      workspacePort: 4,
      relayPort: 5,
      doorPort: 6,
      egressPort: 7,
      controlPort: 3,
      agentUrl: 'unix:///x',
    },
  });
  expect(env).toEqual({
    MOBYCLAW_MEMORY_URL: 'http://127.0.0.1:2',
    MOBYCLAW_WORKSPACE_URL: 'http://127.0.0.1:4',
    MOBYCLAW_GATEWAY_URL: 'http://127.0.0.1:1',
    MOBYCLAW_MODEL_KEY: 'sk-moby-model',
    MOBYCLAW_RELAY_URL: 'http://127.0.0.1:5',
    MOBYCLAW_DOOR_URL: 'http://127.0.0.1:6',
    ...Object.fromEntries(Object.entries(DOOR).map(([name, value]) => [name, value.replace('20005', '6')])),
    MOBYCLAW_MCP_TOKEN: 'mcp',
    PATH: '/mine',
    MOBYCLAW_CREDENTIAL_NAMES: 'MOBYCLAW_MEMORY_URL,PATH',
  });
});

test('egress gets what soul.yaml names for its models, whatever it is called, and nobody else does', () => {
  const soul = `models:
  moby: { provider: corp, model: m, token_key: MyKey }
providers:
  corp: { base_url: "https://\${env.CORP_HOST}/v1" }
`;
  const more = { MyKey: 'sk-corp', CORP_HOST: 'models.corp.example', OTHER: 'x' };
  expect(of('egress', [], soul, more)).toMatchObject({ MyKey: 'sk-corp', CORP_HOST: 'models.corp.example' });
  expect(of('egress', [], soul, more)).not.toHaveProperty('OTHER');
  expect(of('egress', [], '', more)).not.toHaveProperty('MyKey');
  for (const part of ['agent', 'gateway', 'memory', 'workspace'] as const) {
    expect(JSON.stringify(of(part, [], soul, more))).not.toContain('sk-corp');
  }
});

test('bound secrets go to egress alone', () => {
  const bound = [
    { name: 'T', value: 'the-secret', hosts: ['a.example'], standIn: 'xxx-xxxxxx', inUrl: false },
  ];
  expect(of('egress', bound)['secrets.json']).toBe(JSON.stringify(bound));
  for (const part of ['agent', 'gateway', 'memory', 'workspace'] as const) {
    expect(JSON.stringify(of(part, bound))).not.toContain('the-secret');
  }
});
