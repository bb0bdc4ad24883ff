import { expect, test } from 'vitest';
import { engineEnvironment } from './engine-environment.ts';

const SOUL = `
models: { m: { provider: openai, model: x, token_key: MY_KEY } }
agents: { root: { model: m, toolsets: [{ type: mcp, command: x, env: { K: "\${env.SEARCH_KEY}" } }] } }
`;
const given = {
  PATH: '/bin',
  ANTHROPIC_API_KEY: 'a',
  OPENAI_API_KEY: 'o',
  GROQ_API_KEY: 'g',
  MISTRAL_API_KEY: 'for-a-tool',
  MOBYCLAW_CREDENTIAL_NAMES: 'MISTRAL_API_KEY',
};
const beside = {
  MY_KEY: 'mine',
  SEARCH_KEY: 'search',
  OPENAI_API_KEY: 'other',
  AWS_ACCESS_KEY_ID: 'aws',
  TELEGRAM_BOT_TOKEN: 't',
  SSH_AUTH_SOCK: '/s',
};

test('what soul.yaml names comes from the owner’s environment, and nothing else of it', () => {
  expect(engineEnvironment('embedded', SOUL, given, beside)).toEqual({
    ...given,
    MY_KEY: 'mine',
    SEARCH_KEY: 'search',
  });
});

test('cagent, whose tools see what it sees, is handed no key of another provider', () => {
  expect(engineEnvironment('cagent', SOUL, given, beside)).toEqual({
    PATH: '/bin',
    OPENAI_API_KEY: 'o',
    MISTRAL_API_KEY: 'for-a-tool',
    MOBYCLAW_CREDENTIAL_NAMES: 'MISTRAL_API_KEY',
    MY_KEY: 'mine',
    SEARCH_KEY: 'search',
  });
});

test('where there is a relay each key is the virtual one, and cagent is told where its providers are', () => {
  const relayed = {
    ...given,
    MOBYCLAW_RELAY_URL: 'http://egress:8119',
    MOBYCLAW_MODEL_KEY: 'sk-moby',
    OPENAI_BASE_URL: 'x',
  };
  const cagent = engineEnvironment('cagent', SOUL, relayed, beside);
  expect(cagent).toMatchObject({
    OPENAI_API_KEY: 'sk-moby',
    MY_KEY: 'sk-moby',
    SEARCH_KEY: 'search',
    ANTHROPIC_BASE_URL: 'http://egress:8119/anthropic',
    OPENAI_BASE_URL: 'http://egress:8119/openai/v1',
    GOOGLE_GEMINI_BASE_URL: 'http://egress:8119/google',
  });
  const embedded = engineEnvironment('embedded', SOUL, relayed, beside);
  expect(embedded).toMatchObject({ ANTHROPIC_API_KEY: 'sk-moby', MY_KEY: 'sk-moby' });
  expect(embedded.OPENAI_BASE_URL).toBeUndefined();
});

test('a provider of several variables gets them where it is named', () => {
  const env = engineEnvironment('cagent', 'agents: { root: { model: amazon-bedrock/claude } }', {}, beside);
  expect(env).toEqual({ AWS_ACCESS_KEY_ID: 'aws' });
});

test('a soul.yaml that does not parse names nothing', () => {
  expect(engineEnvironment('embedded', 'models: [', { PATH: '/bin' }, beside)).toEqual({ PATH: '/bin' });
});
