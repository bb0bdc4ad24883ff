import { ownRoutes } from '@mobyclaw/lib/model-routes';
import { soulModels } from '@mobyclaw/lib/soul-models';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { fitSoul } from './fit-soul.ts';

const RELAY = { url: 'http://egress:8119', keyName: 'MOBYCLAW_MODEL_KEY' };
const CAGENT = { kind: 'cagent' as const, numbers: { major: 1, minor: 32, patch: 3 } };

const fitted = (source: string) => fitSoul(source, CAGENT, RELAY);

test('what variables lead stays byte for byte', () => {
  const source = `version: "7"
models:
  moby: { provider: anthropic, model: claude, max_tokens: 9 }   # mine
agents:
  root: { model: moby }
  other: { model: openai/gpt-5 }
`;
  expect(fitted(source)).toBe(source);
  expect(fitSoul(source, { ...CAGENT, kind: 'embedded' }, RELAY)).toBe(source);
});

test('each other model is led to its route, which egress finds under the same name', () => {
  const source = `version: "7"
models:
  flow: { provider: mistral, model: large }   # by its name
  block:
    # a server of mine
    provider: corp
    model: big
    base_url: https://models.corp.test/openai/v1
    token_key: CORP_KEY
  local: {provider: home, model: qwen3}
  proxied:
    provider: anthropic
    model: claude
    base_url: https://anthropic.corp.test
providers:
  home: { api_type: openai_chatcompletions, base_url: "http://localhost:11434/v1" }
agents:
  root:
    model: flow
    instruction: |
      base_url: https://models.corp.test/openai/v1 is no address here
  second: { model: xai/grok }
`;
  const text = fitted(source);
  const { models, providers } = parse(text) as Record<string, Record<string, Record<string, unknown>>>;
  const soul = soulModels(source);
  const names = new Map(ownRoutes(soul ?? { agents: {} }).map(({ name, provider }) => [provider, name]));
  expect(models).toEqual({
    flow: { provider: 'mistral', model: 'large', base_url: 'http://egress:8119/mistral/v1' },
    block: {
      provider: 'corp',
      model: 'big',
      base_url: `http://egress:8119/${names.get('corp')}/v1`,
      token_key: 'CORP_KEY',
    },
    local: { provider: 'home', model: 'qwen3' },
    proxied: {
      provider: 'anthropic',
      model: 'claude',
      base_url: `http://egress:8119/${names.get('anthropic')}`,
    },
    'xai/grok': {
      provider: 'xai',
      model: 'grok',
      base_url: 'http://egress:8119/xai/v1',
      token_key: 'XAI_API_KEY',
    },
  });
  expect(providers).toEqual({
    home: {
      api_type: 'openai_chatcompletions',
      base_url: `http://egress:8119/${names.get('home')}/v1`,
      token_key: 'MOBYCLAW_MODEL_KEY',
    },
  });
  for (const kept of ['# by its name', '# a server of mine', 'is no address here'])
    expect(text).toContain(kept);
});

test('an agent that names a model of such a provider where there are no models', () => {
  const text = fitted('version: "7"\nagents: { root: { model: mistral/large } }\n');
  expect(parse(text)).toMatchObject({
    models: { 'mistral/large': { base_url: 'http://egress:8119/mistral/v1', token_key: 'MISTRAL_API_KEY' } },
    agents: { root: { model: 'mistral/large' } },
  });
});

test('wherever an engine reads a model, also in keys that only newer ones have', () => {
  const text = fitted(`version: "7"
providers:
  home: &home { base_url: http://localhost:11434/v1 }
  twin: *home
  keyed:
    token_key: CORP_KEY
    base_url: https://models.corp.test/v1
models:
  main: { provider: openai, model: gpt, title_model: nebius/small, base_url: &corp https://openai.corp.test/v1 }
  twice: { provider: openai, model: gpt, base_url: *corp }
  best: { first_available: [xai/grok, home/qwen3] }
agents:
  root: { model: main, fallback: { models: [home/qwen3, mistral/large] }, compaction_model: minimax/m }
  other: { model: "requesty/a, twice", toolsets: [{ type: shell, model: ollama/small }] }
`);
  const { models, providers } = parse(text) as Record<string, Record<string, Record<string, unknown>>>;
  const led = Object.entries(models ?? {}).map(([name, { base_url }]) => [name, base_url]);
  expect(Object.fromEntries(led)).toEqual({
    main: expect.stringMatching(/^http:\/\/egress:8119\/openai-\w{8}\/v1$/),
    twice: models?.main?.base_url,
    best: undefined,
    ...Object.fromEntries(
      ['nebius/small', 'xai/grok', 'mistral/large', 'minimax/m', 'requesty/a', 'ollama/small'].map((ref) => [
        ref,
        `http://egress:8119/${ref.split('/')[0]}/v1`,
      ]),
    ),
  });
  expect(providers).toMatchObject({
    home: { base_url: expect.stringContaining('//egress:8119/home-'), token_key: 'MOBYCLAW_MODEL_KEY' },
    twin: { base_url: expect.stringContaining('//egress:8119/home-') },
    keyed: { base_url: expect.stringContaining('//egress:8119/keyed-'), token_key: 'CORP_KEY' },
  });
});

test('Amazon and the offline model have no route, and a file that does not parse is left alone', () => {
  for (const source of [
    'models: { m: { provider: amazon-bedrock, model: x } }\nagents: { root: { model: m } }\n',
    'agents: { root: { model: offline/offline } }\n',
    'models: [',
  ])
    expect(fitted(source)).toBe(source);
});
