import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SETTING_NAMES } from '@mobyclaw/lib/settings';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { UsageError } from './cli-error.ts';
import { readSettings } from './settings.ts';

function withFile(text: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), text);
  return folder;
}

test('without a file the defaults are in force', () => {
  const { values, origin, environment } = readSettings(temporaryFolder(), {});
  expect(values).toMatchObject({
    MOBYCLAW_HOME: join(homedir(), '.mobyclaw'),
    MOBYCLAW_PORT: 3000,
    MOBYCLAW_MAX_TURNS: 16,
    MOBYCLAW_QUEUE_MODE: 'followup',
    MOBYCLAW_QUEUE_LIMIT: 100,
    MOBYCLAW_RESET_IDLE: null,
    MOBYCLAW_RESET_DAILY: null,
  });
  expect(environment).toMatchObject({ MOBYCLAW_RESET_IDLE: 'off', MOBYCLAW_RESET_DAILY: 'off' });
  expect(values.MOBYCLAW_AGENT).toBeUndefined();
  expect(origin.MOBYCLAW_PORT).toBe('default');
  expect(environment).not.toHaveProperty('MOBYCLAW_AGENT');
});

test('the environment wins over the file, an empty value counts as unset', () => {
  const folder = withFile(
    'MOBYCLAW_PORT=4000\nMOBYCLAW_TZ="Europe/Berlin" # home\nANTHROPIC_API_KEY=from-file\nMOBYCLAW_AGENT=\n',
  );
  const { values, origin } = readSettings(folder, { MOBYCLAW_PORT: '5000', ANTHROPIC_API_KEY: '' });
  expect(values.MOBYCLAW_PORT).toBe(5000);
  expect(origin.MOBYCLAW_PORT).toBe('environment');
  expect(values.MOBYCLAW_TZ).toBe('Europe/Berlin');
  expect(origin.MOBYCLAW_TZ).toBe('.env');
  expect(values.ANTHROPIC_API_KEY).toBeUndefined();
  expect(values.MOBYCLAW_AGENT).toBeUndefined();
});

test('a name that nothing reads is an error with its line', () => {
  const folder = withFile('# mine\nMOBYCLAW_PORTS=4000\n');
  expect(() => readSettings(folder, {})).toThrow(
    new UsageError(
      `${join(folder, '.env')}, line 2: nothing reads MOBYCLAW_PORTS. Did you mean MOBYCLAW_PORT? Remove the line or mend the name; .env.example lists the settings.`,
    ),
  );
});

test('a line that sets nothing is an error too', () => {
  const folder = withFile('MOBYCLAW_PORT: 4000\n');
  expect(() => readSettings(folder, {})).toThrow(/line 1: write it as MOBYCLAW_PORT=value/);
});

test('every wrong value is named, with where it stands', () => {
  const folder = withFile('MOBYCLAW_PORT=http\nMOBYCLAW_RESET_DAILY=25:00\n');
  const read = (): unknown =>
    readSettings(folder, {
      MOBYCLAW_TZ: 'Mars/Olympus',
      MOBYCLAW_HOME: 'relative',
      MOBYCLAW_RESET_IDLE: 'soon',
    });
  expect(read).toThrow(/MOBYCLAW_PORT \(.*\.env\): is not a whole number/);
  expect(read).toThrow(/MOBYCLAW_RESET_DAILY \(.*\.env\): is neither "off" nor a time/);
  expect(read).toThrow(/MOBYCLAW_TZ \(environment\): is not a time zone/);
  expect(read).toThrow(/MOBYCLAW_HOME \(environment\): must be an absolute path/);
  expect(read).toThrow(/MOBYCLAW_RESET_IDLE \(environment\): is neither "off" nor a duration/);
});

test('a key is not shown in the error about it', () => {
  const read = (): unknown => readSettings(temporaryFolder(), { OPENAI_API_KEY: 'secret with blanks' });
  expect(read).toThrow(/OPENAI_API_KEY/);
  expect(read).not.toThrow(/secret/);
});

test('MOBYCLAW_ENV_FILE names another file, which must exist', () => {
  const folder = withFile('MOBYCLAW_PORT=4000\n');
  const other = join(folder, 'other.env');
  expect(() => readSettings(folder, { MOBYCLAW_ENV_FILE: other })).toThrow(/does not exist/);
  writeFileSync(other, 'MOBYCLAW_PORT=4001\nGROQ_API_KEY=x\n');
  const settings = readSettings(folder, { MOBYCLAW_ENV_FILE: other });
  expect(settings.values.MOBYCLAW_PORT).toBe(4001);
  expect(settings.others).toEqual(['GROQ_API_KEY']);
  expect(settings.environment.GROQ_API_KEY).toBe('x');
});

test('.env.example documents each setting, and no other, with values that are accepted', async () => {
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8');
  const assignments = [...text.matchAll(/^#?([A-Z][A-Z_]+)=(.*)$/gm)];
  expect(assignments.map(([, name]) => name).toSorted()).toEqual(SETTING_NAMES.toSorted());
  const folder = withFile(assignments.map(([, name, value]) => `${name}=${value}`).join('\n'));
  expect(() => readSettings(folder, {})).not.toThrow();
});

/** What init of the first versions wrote, with each line of their .env.example filled in. */
const FIRST = {
  ANTHROPIC_API_KEY: 'sk-ant-1',
  OPENAI_API_KEY: 'sk-1',
  GOOGLE_API_KEY: 'AIza1',
  MOBYCLAW_AGENT: 'cagent',
  MOBYCLAW_MODELS_DEV: 'offline',
  MOBYCLAW_HOME: '/home/ada/.mobyclaw',
  MOBYCLAW_PORT: '3100',
  MOBYCLAW_ALLOWED_HOSTS: 'moby.home, moby.lan',
  MOBYCLAW_TZ: 'Europe/Berlin',
  TELEGRAM_BOT_TOKEN: '1:x',
  TELEGRAM_ALLOWED_USERS: '42,43',
  TELEGRAM_API_ROOT: 'http://127.0.0.1:8081',
  DISCORD_BOT_TOKEN: 'd',
  DISCORD_ALLOWED_USERS: '123456789012345678',
  DISCORD_API_URL: 'https://discord.example/api',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SLACK_ALLOWED_USERS: 'U012AB3CD',
  SLACK_API_URL: 'https://slack.example/api',
  WHATSAPP_AUTH: '491701234567',
  WHATSAPP_ALLOWED_USERS: '491701234567',
  WHATSAPP_WEB_URL: 'ws://127.0.0.1:8082',
  MOBYCLAW_OWNER_CHANNEL: 'telegram:dm:42',
  MOBYCLAW_TRANSCRIBE_URL: 'http://127.0.0.1:8083/v1',
  MOBYCLAW_TRANSCRIBE_KEY: 't',
  MOBYCLAW_TRANSCRIBE_MODEL: 'whisper-large',
  MOBYCLAW_HEARTBEAT_INTERVAL: '2h',
  MOBYCLAW_ACTIVE_HOURS: '20:00-02:00',
  MOBYCLAW_MAX_TURNS: '8',
  MOBYCLAW_QUEUE_MODE: 'collect',
  MOBYCLAW_QUEUE_LIMIT: '10',
  MOBYCLAW_RESET_IDLE: '7d',
  MOBYCLAW_RESET_DAILY: '04:00',
  MOBYCLAW_BUDGET_DAY_USD: '2.5',
  MOBYCLAW_BUDGET_MONTH_USD: '50',
  MOBYCLAW_BUDGET_DAY_TOKENS: '100000',
  MOBYCLAW_BUDGET_MONTH_TOKENS: 'off',
  MOBYCLAW_MEMORY_BUDGET: '2048',
  MOBYCLAW_LOG_LEVEL: 'debug',
  MOBYCLAW_MCP_TOKEN: 'm',
  MOBYCLAW_AGENT_TOKEN: 'a',
  MOBYCLAW_UID: '1000',
  MOBYCLAW_GID: '1000',
};

test('a file of the first versions goes to the parts as it is', () => {
  const text = Object.entries(FIRST).map(([name, value]) => `${name}=${value}\n`);
  const { environment, doubts } = readSettings(withFile(text.join('')), {});
  expect(environment).toMatchObject(FIRST); // and what has come since, by its default
  expect(doubts).toEqual([]);
});

test('what a part would refuse is refused here, where it is written', () => {
  const read = (env: Record<string, string>) => (): unknown => readSettings(temporaryFolder(), env);
  expect(read({ MOBYCLAW_ACTIVE_HOURS: '08:00-08:00' })).toThrow(
    'MOBYCLAW_ACTIVE_HOURS (environment): is not a span of the day such as 08:00-23:00',
  );
  expect(read({ WHATSAPP_WEB_URL: 'wss://web.example.com' })).toThrow(/WHATSAPP_WEB_URL.*on this machine/);
  expect(read({ SLACK_BOT_TOKEN: 'xoxb-1' })).toThrow(/^SLACK_APP_TOKEN: is missing: Slack needs both/);
  expect(read({ SLACK_APP_TOKEN: 'xapp-1' })).toThrow(/^SLACK_BOT_TOKEN: is missing: Slack needs both/);
});

test('what a part takes is taken here: a comma too many, another dash', () => {
  const { environment } = readSettings(temporaryFolder(), {
    TELEGRAM_ALLOWED_USERS: '42, 43,',
    MOBYCLAW_ALLOWED_HOSTS: 'moby.example,',
    MOBYCLAW_ACTIVE_HOURS: '8:00 – 23:00',
    MOBYCLAW_RESET_IDLE: '12h',
    MOBYCLAW_BUDGET_DAY_USD: '2.50',
    MOBYCLAW_HOME: '~/moby',
  });
  // As they were written: what reads them in containers is another version's gateway, perhaps.
  expect(environment).toMatchObject({
    TELEGRAM_ALLOWED_USERS: '42, 43,',
    MOBYCLAW_ALLOWED_HOSTS: 'moby.example,',
    MOBYCLAW_ACTIVE_HOURS: '8:00 – 23:00',
    MOBYCLAW_RESET_IDLE: '12h',
    MOBYCLAW_HEARTBEAT_INTERVAL: '30m',
    MOBYCLAW_BUDGET_DAY_USD: '2.50',
    MOBYCLAW_BUDGET_DAY_TOKENS: 'off',
    MOBYCLAW_PORT: '3000',
    MOBYCLAW_HOME: join(homedir(), 'moby'), // a shell's ~ is known to nobody else
  });
});

test('the owner’s channel has to be one that is switched on', () => {
  const owner = { MOBYCLAW_OWNER_CHANNEL: 'telegram:dm:42' };
  expect(() => readSettings(temporaryFolder(), owner)).toThrow(
    /MOBYCLAW_OWNER_CHANNEL \(environment\).*set TELEGRAM_BOT_TOKEN/,
  );
  expect(() => readSettings(temporaryFolder(), { ...owner, TELEGRAM_BOT_TOKEN: '1:x' })).not.toThrow();
  expect(() => readSettings(temporaryFolder(), { MOBYCLAW_OWNER_CHANNEL: 'heartbeat:main' })).toThrow(
    /nobody reads there/,
  );
});

describe('a file from another editor', () => {
  const text = 'MOBYCLAW_PORT=4001\r\nGROQ_API_KEY=x\r\n';
  const le = Buffer.from(`\uFEFF${text}`, 'utf16le');
  test.each([
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16LE', le],
    ['UTF-16BE', Buffer.from(le).swap16()],
  ])('%s counts from its first line on', (_name, bytes) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), bytes);
    const { values, environment } = readSettings(folder, {});
    expect([values.MOBYCLAW_PORT, environment.GROQ_API_KEY]).toEqual([4001, 'x']);
  });

  test('UTF-16 without a mark is refused, with what to do', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), Buffer.from(text, 'utf16le'));
    expect(() => readSettings(folder, {})).toThrow(/\.env holds zero bytes.*save it as UTF-8/);
  });
});

describe('a misspelt name', () => {
  test('of ours is an error that names what was meant, in the file and in the environment', () => {
    const folder = withFile('MOBYCLAW_QUEUE_LIMTI=3\n');
    expect(() => readSettings(folder, {})).toThrow(
      /nothing reads MOBYCLAW_QUEUE_LIMTI\. Did you mean MOBYCLAW_QUEUE_LIMIT\?/,
    );
    expect(() => readSettings(temporaryFolder(), { MOBYCLAW_QUEUE_LIMTI: '3' })).toThrow(
      /MOBYCLAW_QUEUE_LIMTI \(environment\): nothing reads it\. Did you mean MOBYCLAW_QUEUE_LIMIT\?/,
    );
    for (const name of ['MOBYCLAW_ENV_FILE', 'MOBYCLAW_VERSION', 'MOBYCLAW_DEFAULTS', 'MOBYCLAW_IMAGE_TAG'])
      expect(() =>
        readSettings(temporaryFolder(), { [name]: name === 'MOBYCLAW_ENV_FILE' ? '/dev/null' : 'x' }),
      ).not.toThrow();
  });

  test('of others is told, since it may be meant', () => {
    const { doubts } = readSettings(
      withFile('TELEGRAM_BOT_TOKN=1:x\nOPENAI_APIKEY=y\nGROQ_API_KEY=z\nMY_KEY=a\nHASS_TOKEN=b\n'),
      {},
    );
    expect(doubts.map((doubt) => /reads (\w+)\. Did you mean (\w+)/.exec(doubt)?.slice(1))).toEqual([
      ['OPENAI_APIKEY', 'OPENAI_API_KEY'],
      ['TELEGRAM_BOT_TOKN', 'TELEGRAM_BOT_TOKEN'],
    ]);
  });
});

test('a quoted value that ends in a backslash is told, since plain docker compose cannot read it', () => {
  const { doubts } = readSettings(withFile("A='x\\'\nB=x\\\nC='x\\y'\nD=\"x\\\" # d\n"), {});
  expect(doubts.map((doubt) => /line (\d+): the value of (\w)/.exec(doubt)?.slice(1))).toEqual([
    ['1', 'A'],
    ['4', 'D'],
  ]);
});

test('a # in a value is part of it, and a blank before it makes a comment', () => {
  const { environment } = readSettings(withFile('OPENAI_API_KEY=sk#1\nMINE=abc#def # c\n'), {});
  expect([environment.OPENAI_API_KEY, environment.MINE]).toEqual(['sk#1', 'abc#def']);
});
