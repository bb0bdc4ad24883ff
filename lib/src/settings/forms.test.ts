import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSettingValues, type SettingName, settingProblem } from '../settings.ts';

test.each<[SettingName, string, unknown]>([
  ['MOBYCLAW_HOME', '~/moby', join(homedir(), 'moby')],
  ['MOBYCLAW_PORT', '8123', 8123],
  ['MOBYCLAW_ALLOWED_HOSTS', 'Moby.home, ,gateway,', ['moby.home', 'gateway']],
  ['MOBYCLAW_RESET_IDLE', '12h', 43_200_000],
  ['MOBYCLAW_RESET_DAILY', '04:30', { hour: 4, minute: 30 }],
  ['MOBYCLAW_RESET_DAILY', 'off', null],
  ['MOBYCLAW_HEARTBEAT_INTERVAL', 'off', null],
  ['MOBYCLAW_ACTIVE_HOURS', '20:00-02:00', { from: 1200, to: 120 }],
  ['MOBYCLAW_BUDGET_DAY_USD', '0.5', 0.5],
  ['MOBYCLAW_QUEUE_MODE', 'collect', 'collect'],
  ['TELEGRAM_ALLOWED_USERS', '42, 43', ['42', '43']],
  ['TELEGRAM_API_ROOT', 'http://127.0.0.1:8081/', 'http://127.0.0.1:8081'],
  ['WHATSAPP_AUTH', '+491701234567', '+491701234567'],
  ['WHATSAPP_WEB_URL', 'ws://[::1]:9', 'ws://[::1]:9'],
])('%s=%s is read', (name, text, value) => {
  expect(readSettingValues([name], { [name]: text }).values).toEqual({ [name]: value });
});

test.each<[SettingName, string, RegExp]>([
  ['MOBYCLAW_HOME', 'moby', /must be an absolute path/],
  ['MOBYCLAW_PORT', '0', /between 1 and 65535/],
  ['MOBYCLAW_PORT', '1e3', /is not a whole number/],
  ['MOBYCLAW_ALLOWED_HOSTS', 'moby.home:80', /without port/],
  ['MOBYCLAW_TZ', 'CET+1', /is not a time zone/],
  ['MOBYCLAW_RESET_IDLE', 'soon', /is neither "off" nor a duration: "soon"/],
  ['MOBYCLAW_RESET_DAILY', '4:00', /is neither "off" nor a time such as 04:00/],
  ['MOBYCLAW_HEARTBEAT_INTERVAL', '25h', /between 1m and 24h, or off/],
  ['MOBYCLAW_HEARTBEAT_INTERVAL', '59s', /between 1m and 24h, or off/],
  ['MOBYCLAW_ACTIVE_HOURS', '24:00-08:00', /is not a span of the day such as 08:00-23:00/],
  ['MOBYCLAW_BUDGET_DAY_USD', '0', /is neither "off" nor a number above 0/],
  ['MOBYCLAW_BUDGET_DAY_USD', '-1', /is neither "off" nor a number above 0/],
  ['MOBYCLAW_ASK_TIMEOUT', 'off', /^is not a duration: "off"/],
  ['MOBYCLAW_ASK_TIMEOUT', '0', /^is not a duration: "0"/],
  ['MOBYCLAW_ASK_TIMEOUT', '9s', /between 10s and 24h/],
  ['MOBYCLAW_AGENT', 'other', /must be cagent or embedded/],
  ['MOBYCLAW_QUEUE_MODE', 'stack', /must be followup, collect, interrupt or steer/],
  ['SLACK_ALLOWED_USERS', 'U012AB3CD,ada', /must be ids with commas between: such as U012AB3CD/],
  ['DISCORD_API_URL', 'discord.com/api', /begins with http:\/\/ or https:\/\//],
  ['WHATSAPP_AUTH', 'phone', /write qr, or the number/],
  ['WHATSAPP_WEB_URL', 'ws://127.0.0.1.example.com', /on this machine/],
  ['MOBYCLAW_OWNER_CHANNEL', 'cron:abc', /nobody reads there/],
])('%s=%s is refused with what to write', (name, text, message) => {
  expect(settingProblem(name, text)).toMatch(message);
});
