import {
  type Environment,
  MissingKeyError,
  ModelConfigError,
  resolveAll,
  resolveModel,
} from '@mobyclaw/lib/model-ref';
import { describe, expect, it } from 'vitest';
import { parseSoul } from './load.ts';

function resolve(head: string, model: string, environment: Environment) {
  return resolveModel(
    parseSoul(`${head}\nagents: { root: { model: "${model}" } }\n`, 'soul.yaml'),
    environment,
  );
}

const CLAUDE = 'models: { claude: { provider: anthropic, model: claude-sonnet-4-5, max_tokens: 1000 } }';
const LOCAL = 'models: { local: { provider: openai, model: fake-1, base_url: "http://127.0.0.1:1/v1" } }';

describe('the model that soul.yaml means', () => {
  it('is the entry of models, with its key', () => {
    expect(resolve(CLAUDE, 'claude', { ANTHROPIC_API_KEY: 'k' })).toMatchObject({
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      apiKey: 'k',
    });
  });

  it('may be written inline, with slashes in the model name', () => {
    expect(resolve('', 'ollama/hf.co/qwen3', {})).toMatchObject({
      kind: 'compatible',
      model: 'hf.co/qwen3',
      baseUrl: 'http://localhost:11434/v1',
    });
  });

  it('is offline where no key of any provider is set', () => {
    expect(resolve(CLAUDE, 'claude', {})).toMatchObject({
      kind: 'offline',
      provider: 'offline',
      model: 'offline',
    });
  });

  it('is never changed silently: a missing key beside another provider’s key is an error naming both', () => {
    const attempt = (): unknown => resolve(CLAUDE, 'claude', { OPENAI_API_KEY: 'k' });
    expect(attempt).toThrow(ModelConfigError);
    expect(attempt).toThrow(/must be set:\n - ANTHROPIC_API_KEY\n[\s\S]*models section[\s\S]*OPENAI_API_KEY/);
  });

  it('needs no key where base_url names a server of the owner’s own', () => {
    expect(resolve(LOCAL, 'local', {})).toMatchObject({ kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1' });
    expect(resolve('', 'openai/gpt-5-mini', { OPENAI_API_KEY: 'k' })).toMatchObject({ responses: true });
  });

  it('may come from a provider defined in the file', () => {
    const head = 'providers: { lite: { base_url: "http://127.0.0.1:4000/v1", token_key: LITE_KEY } }';
    expect(resolve(head, 'lite/qwen', { LITE_KEY: 's' })).toMatchObject({ kind: 'compatible', apiKey: 's' });
  });

  it('is an error where a key that the file names itself is missing: which one, and where it belongs', () => {
    const heads = [
      ['providers: { lite: { base_url: "http://127.0.0.1:4000/v1", token_key: MY_KEY } }', 'lite/qwen'],
      ['models: { m: { provider: openai, model: gpt-5, token_key: MY_KEY } }', 'm'],
      ['models: { m: { provider: anthropic, model: c, base_url: "http://x/v1", token_key: MY_KEY } }', 'm'],
    ] as const;
    for (const [head, model] of heads) {
      for (const others of [{}, { ANTHROPIC_API_KEY: 'k', OPENAI_API_KEY: 'k' }]) {
        expect(() => resolve(head, model, others)).toThrow(/MY_KEY is not set[\s\S]*MY_KEY=… into \.env/);
      }
      expect(resolve(head, model, { MY_KEY: 's' })).toMatchObject({ apiKey: 's', keyName: 'MY_KEY' });
    }
  });

  it('is an error where neither models nor providers know it', () => {
    expect(() => resolve(CLAUDE, 'clade', {})).toThrow(/neither an entry of models: \(claude\)/);
    expect(() => resolve('', 'nobody/x', {})).toThrow(/provider "nobody"/);
  });
});

describe('the models of fallback', () => {
  const soul = (own: string, fallback: string) =>
    parseSoul(`agents: { root: { model: "${own}", fallback: { models: ["${fallback}"] } } }\n`, 'soul.yaml');
  const models = (own: string, fallback: string, environment: Environment) =>
    resolveAll(soul(own, fallback), environment).map(({ model }) => model);

  it('follow the own one', () => {
    expect(models('openai/a', 'ollama/b', { OPENAI_API_KEY: 'k' })).toEqual(['a', 'b']);
  });

  it('are none where the own one is offline, and never offline themselves', () => {
    expect(models('openai/a', 'anthropic/b', {})).toEqual(['offline']);
    expect(() => models('ollama/a', 'anthropic/b', {})).toThrow(MissingKeyError);
  });
});
