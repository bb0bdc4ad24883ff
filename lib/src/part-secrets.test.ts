import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { isPartSecret, secretFileText, takeSecrets } from './part-secrets.ts';
import { SETTING_NAMES, SETTINGS } from './settings.ts';
import { StartError } from './start-error.ts';

const MODULE = new URL('part-secrets.ts', import.meta.url).href;

/** What a process of its own says after it took its secrets. */
const REPORT = `
  import { readFileSync } from 'node:fs';
  import { execFileSync } from 'node:child_process';
  import { takeSecrets } from ${JSON.stringify(MODULE)};
  try {
    const all = takeSecrets();
    console.log(JSON.stringify({
      key: all.OPENAI_API_KEY, json: all['secrets.json'], proxy: process.env.HTTPS_PROXY, left: process.env,
      initial: readFileSync('/proc/self/environ', 'utf8'),
      child: execFileSync('/usr/bin/env', { encoding: 'utf8' }),
    }));
  } catch (error) { console.log(JSON.stringify({ error: error.name + ': ' + error.message })); }`;

function report(env: Record<string, string>, input: string | undefined = '') {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', REPORT], {
    env: { PATH: process.env.PATH, ...env },
    input,
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('from files: in no environment of the process or its children', () => {
  const folder = folderWith({
    OPENAI_API_KEY: 'sk-hush-1\n',
    HTTPS_PROXY: 'http://user:hush-2@proxy:1\n',
    'secrets.json': '[]\n',
    '.tmp-1': 'half of one',
  });
  mkdirSync(join(folder, 'FOLDER'));
  const seen = report({ MOBYCLAW_SECRETS: folder });
  expect(seen).toMatchObject({ key: 'sk-hush-1', json: '[]', proxy: 'http://user:hush-2@proxy:1' });
  expect(seen.initial).not.toContain('hush');
  expect(seen.child).not.toContain('hush-1');
  expect(seen.left).not.toHaveProperty('OPENAI_API_KEY');
  expect(seen.left).not.toHaveProperty('MOBYCLAW_SECRETS');
});

test('from standard input: the same', () => {
  const given = JSON.stringify({ OPENAI_API_KEY: 'sk-hush', 'secrets.json': '[]' });
  const seen = report({ MOBYCLAW_SECRETS: 'stdin' }, given);
  expect(seen).toMatchObject({ key: 'sk-hush', json: '[]' });
  expect(`${seen.initial}${seen.child}${JSON.stringify(seen.left)}`).not.toContain('sk-hush');
});

test('from the environment where nothing else is said, and then no child has them', () => {
  const env = {
    PATH: '/bin',
    OPENAI_API_KEY: 'sk',
    MOBYCLAW_MCP_TOKEN: 't',
    TELEGRAM_BOT_TOKEN: 'b',
    TZ: 'UTC',
  };
  const environment: NodeJS.ProcessEnv = { ...env };
  expect(takeSecrets(environment)).toEqual(env);
  expect(environment).toEqual({ PATH: '/bin', TZ: 'UTC' });
});

test('a file goes before the environment, and holds any value, to the byte', () => {
  const values = { ODD: ' "a" $b\\ #', LINES: 'a\nb\n', BLANK: '\t' };
  const folder = folderWith(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secretFileText(value)])),
  );
  expect(takeSecrets({ MOBYCLAW_SECRETS: folder, ODD: 'of the environment' })).toEqual(values);
});

test('what is missing is told with what to do', () => {
  const missing = join(temporaryFolder(), 'not-there');
  expect(() => takeSecrets({ MOBYCLAW_SECRETS: missing })).toThrow(StartError);
  expect(() => takeSecrets({ MOBYCLAW_SECRETS: missing })).toThrow(/not-there.*ENOENT.*\.\/mobyclaw up/);
});

test.each(['', 'sk-hush', '{"OPENAI_API_KEY":"sk-hush"', '{"OPENAI_API_KEY":1}', '["sk-hush"]'])(
  'standard input that is no JSON object of texts is refused, and not quoted: %j',
  (input) => {
    const { error } = report({ MOBYCLAW_SECRETS: 'stdin' }, input);
    expect(error).toMatch(/^StartError: MOBYCLAW_SECRETS=stdin: .*JSON object/);
    expect(error).not.toContain('hush');
  },
);

test('every setting that is a secret is one', () => {
  for (const name of SETTING_NAMES) if (SETTINGS[name].secret) expect(isPartSecret(name), name).toBe(true);
  expect(['PATH', 'HTTPS_PROXY', 'MOBYCLAW_MEMORY_URL'].filter(isPartSecret)).toEqual([]);
});
