import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const TOKEN = {
  MOBYCLAW_MCP_TOKEN: '0123456789abcdef',
  MOBYCLAW_MEMORY_TOKEN: '1123456789abcdef',
  MOBYCLAW_CAPABILITY_KEY: '2123456789abcdef',
};

test('everything but the token has a default', () => {
  expect(readConfig(TOKEN)).toMatchObject({
    listen: { host: '127.0.0.1', port: 9100 },
    allowedHosts: [],
    budgetBytes: 16_384,
    defaults: undefined,
  });
});

test('values are read as they are meant; an empty one is none', () => {
  const config = readConfig({
    ...TOKEN,
    MOBYCLAW_HOME: '/data/../home',
    MOBYCLAW_MEMORY_LISTEN: '[::1]:0',
    MOBYCLAW_ALLOWED_HOSTS: 'Memory, other ,',
    MOBYCLAW_TZ: 'Europe/Berlin',
    MOBYCLAW_MEMORY_BUDGET: '',
  });
  expect(config).toMatchObject({
    home: '/home',
    listen: { host: '::1', port: 0 },
    allowedHosts: ['memory', 'other'],
    timeZone: 'Europe/Berlin',
    budgetBytes: 16_384,
  });
});

test('each wrong variable is named, its value is not', () => {
  const wrong = {
    MOBYCLAW_MEMORY_LISTEN: '9100',
    MOBYCLAW_TZ: 'Mars/Olympus',
    MOBYCLAW_MEMORY_BUDGET: 'lots',
  };
  for (const [name, value] of Object.entries(wrong)) {
    expect(() => readConfig({ ...TOKEN, [name]: value })).toThrow(new RegExp(name));
  }
  expect(() => readConfig({})).toThrow(/MOBYCLAW_MCP_TOKEN: it must be set/);
  expect(() => readConfig({ MOBYCLAW_MCP_TOKEN: 'short-secret' })).toThrow(/^(?!.*short-secret)/);
});
