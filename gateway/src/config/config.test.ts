import { StartError } from '@mobyclaw/lib/start-error';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('an empty environment gives the documented defaults', () => {
  expect(readConfig({ MOBYCLAW_HOME: '/home/owner/.mobyclaw', MOBYCLAW_TZ: 'UTC' })).toMatchObject({
    folder: '/home/owner/.mobyclaw/gateway',
    port: 3000,
    bind: '127.0.0.1',
    maxTurns: 16,
    queueMode: 'followup',
    queueLimit: 100,
    resetIdleMs: null,
    resetDaily: null,
  });
});

test('values are read into their units', () => {
  const config = readConfig({
    MOBYCLAW_RESET_IDLE: '4h',
    MOBYCLAW_RESET_DAILY: '04:30',
    MOBYCLAW_ALLOWED_HOSTS: 'moby.home, Gateway',
    MOBYCLAW_PORT: '8123',
  });
  expect(config.resetIdleMs).toBe(4 * 3_600_000);
  expect(config.resetDaily).toEqual({ hour: 4, minute: 30 });
  expect(config.allowedHosts).toEqual(['moby.home', 'gateway']);
  expect(config.port).toBe(8123);
});

test.each([
  ['MOBYCLAW_PORT', 'three thousand'],
  ['MOBYCLAW_PORT', '70000'],
  ['MOBYCLAW_TZ', 'Europe/Atlantis'],
  ['MOBYCLAW_QUEUE_MODE', 'at-once'],
  ['MOBYCLAW_RESET_IDLE', 'soon'],
  ['MOBYCLAW_RESET_DAILY', '25:00'],
  ['MOBYCLAW_AGENT_URL', 'moby:8080'],
  ['MOBYCLAW_OWNER_CHANNEL', 'my phone'],
  ['MOBYCLAW_OWNER_CHANNEL', 'cron:abc'],
  ['MOBYCLAW_OWNER_CHANNEL', 'telegram:dm:42'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(StartError);
  expect(() => readConfig({ [name]: value })).toThrow(name);
});

test('the owner’s channel is a chat that is switched on, or a conversation', () => {
  const MOBYCLAW_OWNER_CHANNEL = 'telegram:dm:42';
  expect(() => readConfig({ MOBYCLAW_OWNER_CHANNEL })).toThrow('set TELEGRAM_BOT_TOKEN');
  expect(readConfig({ MOBYCLAW_OWNER_CHANNEL, TELEGRAM_BOT_TOKEN: '1:x' }).ownerChannel).toBe(
    'telegram:dm:42',
  );
  expect(readConfig({ MOBYCLAW_OWNER_CHANNEL: 'web:main' }).ownerChannel).toBe('web:main');
  expect(readConfig({}).ownerChannel).toBeNull();
});
