import { expect, test } from 'vitest';
import { handSecrets } from './part-input.ts';

test('what nobody else is to see goes by standard input, the rest by the environment', () => {
  const { env, input } = handSecrets({
    PATH: '/usr/bin',
    MOBYCLAW_HOME: '/h',
    MOBYCLAW_MCP_TOKEN: 'mcp',
    ANTHROPIC_API_KEY: 'model',
    MyKey: 'of a model of the owner’s',
    MALLOC_ARENA_MAX: '1',
    TELEGRAM_BOT_TOKEN: 'bot',
    HTTPS_PROXY: 'http://me:password@proxy:1',
    HTTP_PROXY: 'http://proxy:1',
    'secrets.json': '[]',
  });
  expect(env).toEqual({
    PATH: '/usr/bin',
    MOBYCLAW_HOME: '/h',
    HTTP_PROXY: 'http://proxy:1',
    MALLOC_ARENA_MAX: '1',
    MOBYCLAW_SECRETS: 'stdin',
  });
  expect(JSON.parse(input)).toEqual({
    MOBYCLAW_MCP_TOKEN: 'mcp',
    ANTHROPIC_API_KEY: 'model',
    MyKey: 'of a model of the owner’s',
    TELEGRAM_BOT_TOKEN: 'bot',
    HTTPS_PROXY: 'http://me:password@proxy:1',
    'secrets.json': '[]',
  });
});
