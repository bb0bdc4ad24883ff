/**
 * Where the secrets of a running stack can be seen: every value of every secret setting, a model's key that no setting knows and
 * one of credentials.env are looked for in all that Docker tells of a container, in each process's environment and command line,
 * and in the files that Moby's shell can read.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_NAMES, SETTINGS, type SettingName } from '@mobyclaw/lib/settings';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { describe, expect, test } from 'vitest';
import { docker } from './docker.ts';
import { SERVICES, type Service, useStack } from './stack.ts';

const SECRET_SETTINGS = SETTING_NAMES.filter((name) => SETTINGS[name].secret);

/** What a platform's form asks for stands in front; the end of a value is what is looked for. */
const BEGINNINGS: Partial<Record<SettingName, string>> = {
  TELEGRAM_BOT_TOKEN: '1:',
  SLACK_BOT_TOKEN: 'xoxb-',
  SLACK_APP_TOKEN: 'xapp-',
};

const hush = (name: string): string => `hush-${name}-0123456789`;

const VALUES = Object.fromEntries(
  [...SECRET_SETTINGS, 'MISTRAL_API_KEY', 'TOOL_KEY'].map((name) => [name, hush(name)]),
);
const NAMES = [...Object.keys(VALUES), 'GITHUB_TOKEN'];

/** Which secrets a text holds. */
const secretsIn = (text: string): string[] => NAMES.filter((name) => text.includes(hush(name)));

/** His engine needs these to work, so whoever runs in his container has them; none opens anything but the stack's own doors for him. */
const MOBY_MAY_HAVE = [
  'MOBYCLAW_AGENT_TOKEN',
  'MOBYCLAW_MCP_TOKEN',
  'MOBYCLAW_MODEL_KEY',
  'MOBYCLAW_CONTROL_TOKEN',
  'TOOL_KEY',
  'GITHUB_TOKEN',
];

const asRoot = process.getuid?.() === 0;

describe.skipIf(!requireDocker())('the secrets of a running stack', () => {
  const stack = useStack({
    env: {
      ...Object.fromEntries(
        Object.entries(VALUES).map(([name, value]) => [
          name,
          `${BEGINNINGS[name as SettingName] ?? ''}${value}`,
        ]),
      ),
      ...Object.fromEntries(
        ['TELEGRAM_API_ROOT', 'DISCORD_API_URL', 'SLACK_API_URL'].map((name) => [name, 'http://127.0.0.1:9']),
      ),
      MOBYCLAW_TRANSCRIBE_URL: 'http://127.0.0.1:9/v1',
      MOBYCLAW_EMBEDDINGS_URL: 'http://127.0.0.1:9/v1',
      MOBYCLAW_EMBEDDINGS_MODEL: 'none',
    },
    credentials: `GITHUB_TOKEN=${hush('GITHUB_TOKEN')}\n`,
    soul: (text) =>
      `${text
        .replace('provider: anthropic', 'provider: offline')
        .replace('claude-sonnet-4-5', 'offline')}\nmetadata: { author: "\${env.TOOL_KEY}" }\n`,
  });

  test('the parts have them: they came up and know each other', async () => {
    expect(await stack().prompt('Hello, who are you?')).toContain('offline');
    const files = (service: Service): string[] => readdirSync(join(stack().home, 'run/secrets', service));
    expect(files('gateway')).toEqual(expect.arrayContaining(['TELEGRAM_BOT_TOKEN', 'SLACK_APP_TOKEN']));
    expect(files('memory').toSorted()).toEqual([
      'MOBYCLAW_CAPABILITY_KEY',
      'MOBYCLAW_MCP_TOKEN',
      'MOBYCLAW_MEMORY_TOKEN',
    ]);
    for (const service of SERVICES)
      for (const name of files(service))
        expect(statSync(join(stack().home, 'run/secrets', service, name)).mode & 0o777, name).toBe(0o600);
  });

  test('Docker knows none: not from its description of a container, not from an image', async () => {
    expect(secretsIn(await stack().compose(['config']))).toEqual([]);
    for (const service of SERVICES) {
      const inspected = await stack().inspect(service);
      expect(secretsIn(JSON.stringify(inspected)), service).toEqual([]);
      expect(secretsIn(await stack().imageHistory(inspected.Image)), service).toEqual([]);
    }
  });

  test.each(SERVICES)('%s: no environment and no command line of a process has one', async (service) => {
    const seen = secretsIn(await processesOf(stack().container(service)));
    expect(seen.filter((name) => service !== 'moby' || !MOBY_MAY_HAVE.includes(name))).toEqual([]);
  });

  test.runIf(asRoot)('the first process of each container was given none', async () => {
    for (const service of SERVICES) {
      const { State } = await stack().inspect(service);
      expect(secretsIn(readFileSync(`/proc/${State.Pid}/environ`, 'utf8')), service).toEqual([]);
    }
  });

  test("no file that Moby's shell can read has another one", async () => {
    const script = `grep -rhoE 'hush-[A-Z_]+-0123456789' / --exclude-dir=proc --exclude-dir=sys 2>/dev/null | sort -u; true`;
    const found = secretsIn(await stack().exec('moby', ['sh', '-c', script]));
    expect(found.filter((name) => !MOBY_MAY_HAVE.includes(name))).toEqual([]);
    expect(found).toContain('GITHUB_TOKEN'); // else the look itself is broken
  });

  test('memory, which has the data directory, sees only its own', async () => {
    const script = `grep -rhoE 'hush-[A-Z_]+-0123456789' /data/run /run/secrets 2>/dev/null | sort -u; true`;
    expect(secretsIn(await stack().exec('memory', ['sh', '-c', script])).toSorted()).toEqual(
      SECRET_SETTINGS.filter((name) => SETTINGS[name].parts.includes('memory')).toSorted(),
    );
  });

  test('without its files a part says what to do', async () => {
    const script = `MOBYCLAW_SECRETS=/nowhere node /app/dist/workspace.js 2>&1; true`;
    expect(await stack().exec('workspace', ['sh', '-c', script])).toMatch(/\/nowhere.*run \.\/mobyclaw up/);
  });
});

/** Environments and command lines of all processes in a container: as root of this machine sees them, or one of its own. */
async function processesOf(container: string): Promise<string> {
  if (!asRoot)
    return docker([
      'exec',
      container,
      'sh',
      '-c',
      'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null; true',
    ]);
  const pids = (await docker(['top', container, '-eo', 'pid'])).split('\n').slice(1).filter(Boolean);
  expect(pids.length).toBeGreaterThan(1);
  return pids
    .flatMap((pid) =>
      ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid.trim()}/${file}`, 'utf8')),
    )
    .join('\n');
}
