import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { SETTING_NAMES, SETTINGS } from '@mobyclaw/lib/settings';
import { PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Context } from '../context.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import {
  type PartSecrets,
  partSecrets,
  prepareSecrets,
  secretMarks,
  writePartSecrets,
} from './part-secrets.ts';
import { SERVICES, type ServiceName } from './service-name.ts';

const NONE = { credentials: [], tokenKeys: [], addresses: [], forModels: [], forTools: [] };
const KEY = Buffer.alloc(32);
const LONG = 'ghp_abcdefghijKLMNOPQRST0123456789abcdef';

/** Which services are given a value. */
function having(secrets: PartSecrets, value: string): string[] {
  return SERVICES.filter((service) => Object.values(secrets[service]).includes(value));
}

test('each secret setting goes to the services of its parts, and to no other', () => {
  const secret = SETTING_NAMES.filter((name) => SETTINGS[name].secret);
  const environment = Object.fromEntries(secret.map((name) => [name, `value-of-${name}`]));
  const all = partSecrets({ environment }, {}, NONE, KEY);
  for (const name of secret) {
    const { parts } = SETTINGS[name];
    const wanted = SERVICES.filter((service) =>
      parts.some((part) => (part === 'agent' || part === 'supervisor' ? 'moby' : part) === service),
    );
    if (!PROVIDER_KEYS.includes(name)) expect(having(all, `value-of-${name}`), name).toEqual(wanted);
  }
});

test('what no secret is, and what is not set, goes nowhere', () => {
  const environment = { MOBYCLAW_LOG_LEVEL: 'debug', OPENAI_API_KEY: ' ', OTHER_KEY: 'other' };
  const all = partSecrets({ environment }, { PATH: '/bin', MISTRAL_API_KEY: '' }, NONE, KEY);
  expect(SERVICES.flatMap((service) => Object.keys(all[service]))).toEqual([]);
});

test('credentials and what a toolset of soul.yaml names go to moby; the file counts, then the environment', () => {
  const all = partSecrets(
    { environment: { SEARCH_KEY: 'of the file' } },
    { SEARCH_KEY: 'of the environment', STDIO_KEY: 'hush-2', UNNAMED: 'hush-3' },
    { ...NONE, credentials: credentials('GH_TOKEN=hush-1\nB=b'), forTools: ['SEARCH_KEY', 'STDIO_KEY'] },
    KEY,
  );
  expect(all.moby).toEqual({
    GH_TOKEN: 'hush-1',
    B: 'b',
    MOBYCLAW_CREDENTIAL_NAMES: 'B,GH_TOKEN',
    SEARCH_KEY: 'of the file',
    STDIO_KEY: 'hush-2',
  });
});

test('of a credential that is for named hosts moby has a stand-in, and egress what it stands for', () => {
  const given = credentials(`GH_TOKEN=${LONG} # hosts: api.github.com\nB=b`);
  const { moby, egress, ...others } = partSecrets(
    { environment: {} },
    {},
    { ...NONE, credentials: given },
    KEY,
  );
  expect(moby).toMatchObject({ B: 'b', MOBYCLAW_CREDENTIAL_NAMES: 'B,GH_TOKEN' });
  expect(moby.GH_TOKEN).toHaveLength(LONG.length);
  expect(JSON.stringify([moby, others])).not.toContain(LONG);
  expect(JSON.parse(egress['secrets.json'] ?? '')).toEqual([
    { name: 'GH_TOKEN', value: LONG, hosts: ['api.github.com'], standIn: moby.GH_TOKEN, inUrl: false },
  ]);
});

const credentials = (text: string) => readCredentials(text, 'credentials.env').all;

test('a key of a model goes to egress; moby is told that there is one, and shows the virtual key', () => {
  const environment = {
    MOBYCLAW_MODEL_KEY: 'sk-moby',
    OPENAI_API_KEY: 'sk-real',
    CORP_KEY: 'sk-corp',
    CORP_HOST: 'h',
  };
  const variables = {
    ...NONE,
    credentials: credentials('ANTHROPIC_API_KEY=sk-of-credentials'),
    tokenKeys: ['CORP_KEY'],
    addresses: ['CORP_HOST'],
    forModels: ['CORP_KEY'],
  };
  const all = partSecrets({ environment }, {}, variables, KEY);
  const keys = { OPENAI_API_KEY: 'sk-real', CORP_KEY: 'sk-corp', ANTHROPIC_API_KEY: 'sk-of-credentials' };
  expect(all.egress).toEqual({ ...keys, CORP_HOST: 'h', MOBYCLAW_MODEL_KEY: 'sk-moby' });
  expect(all.moby).toMatchObject(Object.fromEntries(Object.keys(keys).map((name) => [name, 'sk-moby'])));
  for (const value of Object.values(keys)) expect(having(all, value)).toEqual(['egress']);
});

function secretsWith(given: Partial<PartSecrets>): PartSecrets {
  const none = Object.fromEntries(SERVICES.map((service) => [service, {}]));
  return { ...(none as Record<ServiceName, object>), ...given } as PartSecrets;
}

test('the files are what a part reads, private to their owner, and without what is no longer set', async () => {
  const home = temporaryFolder();
  const folder = join(home, 'run/secrets/moby');
  const odd = ' a"b\n$c\n';
  await writePartSecrets(home, secretsWith({ moby: { A: 'a', ODD: odd }, gateway: { B: 'b' } }));
  expect(takeSecrets({ MOBYCLAW_SECRETS: folder })).toEqual({ A: 'a', ODD: odd });
  for (const path of [folder, join(folder, 'A')]) expect(statSync(path).mode & 0o077, path).toBe(0);
  expect(readdirSync(join(home, 'run/secrets')).toSorted()).toEqual(SERVICES.toSorted());

  const kept = statSync(join(folder, 'A')).ino;
  mkdirSync(join(home, 'run/secrets/gone'));
  writeFileSync(join(folder, '.tmp-1-000000000000'), 'half of one');
  await writePartSecrets(home, secretsWith({ moby: { A: 'a', C: 'c' } }));
  expect(readdirSync(folder).toSorted()).toEqual(['A', 'C']);
  expect(statSync(join(folder, 'A')).ino).toBe(kept);
  expect(readdirSync(join(home, 'run/secrets/gateway'))).toEqual([]);
  expect(readdirSync(join(home, 'run/secrets')).toSorted()).toEqual(SERVICES.toSorted());
});

test('a mark changes with any secret of its service and with no other, and tells none of them', async () => {
  const checkout = temporaryFolder();
  const home = join(checkout, 'home');
  mkdirSync(home);
  const write = (lines: Record<string, string>): void =>
    writeFileSync(
      join(checkout, '.env'),
      Object.entries({ MOBYCLAW_HOME: home, ...lines })
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
  const context = new Context({ terminal: { ...memoryTerminal(false), env: {} }, checkout, version: '0' });
  const marksFor = async (lines: Record<string, string>): Promise<Record<string, string>> => {
    write(lines);
    context.forgetSettings();
    const marks = await secretMarks(context);
    expect(await prepareSecrets(context)).toEqual(marks);
    return marks;
  };
  const env = { MOBYCLAW_CAPABILITY_KEY: 'capability-key-0123456789', TELEGRAM_BOT_TOKEN: '1:first' };
  const first = await marksFor(env);
  expect(await marksFor(env)).toEqual(first);
  const { gateway, ...others } = await marksFor({ ...env, TELEGRAM_BOT_TOKEN: '1:second' });
  expect(gateway).not.toBe(first.gateway);
  expect({ gateway: first.gateway, ...others }).toEqual(first);
  expect(readFileSync(join(home, 'run/secrets/gateway/TELEGRAM_BOT_TOKEN'), 'utf8')).toBe('1:second\n');
  const otherKey = await marksFor({ ...env, MOBYCLAW_CAPABILITY_KEY: 'another-key-0123456789' });
  for (const service of SERVICES) expect(otherKey[service]).not.toBe(first[service]);
});
