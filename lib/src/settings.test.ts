import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Part } from './settings/setting.ts';
import {
  isSettingName,
  readSettingValues,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  settingProblem,
  settingsOf,
  TOPICS,
} from './settings.ts';

const compose = readFileSync(join(import.meta.dirname, '../../docker-compose.yml'), 'utf8');

const SERVICES: Record<string, readonly Part[]> = {
  moby: ['agent', 'supervisor'],
  gateway: ['gateway'],
  memory: ['memory'],
  workspace: ['workspace'],
  egress: ['egress'],
};

test('each setting stands in one topic, says what it is for, and takes its own default and example', () => {
  const inTopics = TOPICS.flatMap(({ settings }) => Object.keys(settings));
  expect(inTopics.toSorted()).toEqual(SETTING_NAMES.toSorted());
  expect(new Set(inTopics).size).toBe(inTopics.length);
  expect(readSettingValues(SETTING_NAMES, {}).faults).toEqual([]);
  for (const name of SETTING_NAMES) {
    const { about, example, form } = SETTINGS[name];
    expect(about, name).toMatch(/\.$/);
    if (example !== undefined) expect(() => form(example), name).not.toThrow();
  }
});

test.each(Object.entries(SERVICES))(
  'docker-compose.yml hands %s the settings of its parts that are no secrets, and no other',
  (service, parts) => {
    const { services } = parse(compose, { merge: true });
    const environment: Record<string, string | number | null> = services[service].environment;
    const handed = Object.entries(environment).flatMap(([variable, value]) =>
      (value === null ? [variable] : sourcesOf(variable, String(value)))
        .filter(isSettingName)
        .map((name) => `${variable} of ${name}`),
    );
    const wanted = SETTING_NAMES.flatMap((name) => {
      const part = parts.find((one) => SETTINGS[name].parts.includes(one));
      return part === undefined || SETTINGS[name].secret
        ? []
        : [`${SETTINGS[name].nameIn?.[part] ?? name} of ${name}`];
    });
    const where = `environment of ${service} in docker-compose.yml; a setting is handed on by a line with its name and a colon`;
    expect(handed.toSorted(), where).toEqual(wanted.toSorted());
  },
);

/** What a variable is made of; a fitted one has a value of the stack's own. */
function sourcesOf(variable: string, value: string): string[] {
  if (isSettingName(variable) && SETTINGS[variable].fitted) return [variable];
  return [...value.matchAll(/\$\{(\w+)/g)].flatMap(([, name]) => name ?? []);
}

test('the defaults in docker-compose.yml are those of the settings', () => {
  const defaults = [...compose.matchAll(/\$\{(\w+):-([^}]+)\}/g)].filter(([, name = '']) =>
    isSettingName(name),
  );
  expect(defaults.length).toBeGreaterThan(5);
  for (const [, name, value] of defaults) {
    const { default: fallback } = SETTINGS[name as SettingName];
    if (typeof fallback === 'string') expect(value, name).toBe(fallback);
  }
});

test('no key of a model goes to the gateway or a server, and no token of a platform to the agent', () => {
  const names = (part: Part): string[] => settingsOf(part);
  for (const part of ['gateway', 'memory', 'workspace'] as const) {
    expect(names(part).filter((name) => PROVIDER_SECRETS.includes(name))).toEqual([]);
  }
  for (const part of ['agent', 'supervisor', 'memory', 'workspace', 'egress'] as const) {
    expect(names(part).filter((name) => /^(TELEGRAM|DISCORD|SLACK|WHATSAPP)_/.test(name))).toEqual([]);
  }
  expect(names('workspace')).toEqual(['MOBYCLAW_LOG_LEVEL', 'MOBYCLAW_MCP_TOKEN']);
});

test('every key and token is a secret, which nothing shows', () => {
  const named = SETTING_NAMES.filter((name) => /(_KEY|_TOKEN)$/.test(name));
  expect(SETTING_NAMES.filter((name) => SETTINGS[name].secret)).toEqual(named);
  for (const name of named) {
    expect(settingProblem(name, 'hush hush')).toBe('has a blank or a character that no key has');
  }
});

test('settings that need each other', () => {
  const faults = (texts: Record<string, string>) => readSettingValues(SETTING_NAMES, texts).faults;
  const channel = { MOBYCLAW_OWNER_CHANNEL: 'telegram:dm:42' };
  expect(faults({ SLACK_APP_TOKEN: 'xapp-1' })).toMatchObject([{ name: 'SLACK_BOT_TOKEN' }]);
  expect(faults({ SLACK_APP_TOKEN: 'xapp-1', SLACK_BOT_TOKEN: 'xoxb-1' })).toEqual([]);
  const server = { MOBYCLAW_EMBEDDINGS_URL: 'http://localhost:11434/v1' };
  expect(faults(server)).toMatchObject([{ name: 'MOBYCLAW_EMBEDDINGS_MODEL' }]);
  expect(faults({ ...server, MOBYCLAW_EMBEDDINGS_MODEL: 'small' })).toEqual([]);
  expect(faults(channel)).toMatchObject([{ message: expect.stringContaining('set TELEGRAM_BOT_TOKEN') }]);
  expect(faults({ ...channel, TELEGRAM_BOT_TOKEN: '1:x' })).toEqual([]);
});

test('an empty text is as none, and blanks around one do not count', () => {
  const { values } = readSettingValues(['MOBYCLAW_QUEUE_LIMIT', 'MOBYCLAW_RESET_IDLE', 'DISCORD_BOT_TOKEN'], {
    MOBYCLAW_QUEUE_LIMIT: ' ',
    MOBYCLAW_RESET_IDLE: ' 4h',
    DISCORD_BOT_TOKEN: 'token ',
  });
  expect(values).toEqual({
    MOBYCLAW_QUEUE_LIMIT: 100,
    MOBYCLAW_RESET_IDLE: 14_400_000,
    DISCORD_BOT_TOKEN: 'token',
  });
});
