import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { Draft, expandHome } from './draft.ts';

test.each([
  ['~', homedir()],
  ['~/notes', join(homedir(), 'notes')],
  ['~/My Notes/~', join(homedir(), 'My Notes/~')],
  ['~/', join(homedir(), '/')],
  ['~bob/notes', '~bob/notes'], // of another person, whose home only a shell knows
  ['/a/~/b', '/a/~/b'],
  ['notes', 'notes'],
  ['', ''],
])('%j is %s', (typed, path) => {
  expect(expandHome(typed)).toBe(path);
});

test('a key is known from .env, from the environment and from the credentials; an empty one is none', () => {
  const folder = temporaryFolder();
  const envFile = join(folder, 'settings.env');
  const home = join(folder, 'moby');
  mkdirSync(home);
  writeFileSync(envFile, `MOBYCLAW_HOME=${home}\nIN_FILE=a\nEMPTY_IN_FILE=\n`);
  writeFileSync(join(home, 'credentials.env'), 'CREDENTIAL=b\nEMPTY_CREDENTIAL=\n', { mode: 0o600 });
  const env = { MOBYCLAW_ENV_FILE: envFile, OPENAI_API_KEY: 'c' };
  const draft = new Draft({ checkout: folder, terminal: Object.assign(memoryTerminal(false), { env }) });
  const keys = ['IN_FILE', 'CREDENTIAL', 'OPENAI_API_KEY'];
  expect(keys.map((name) => draft.key(name))).toEqual(['a', 'b', 'c']);
  for (const none of ['EMPTY_IN_FILE', 'EMPTY_CREDENTIAL', 'NOWHERE', 'ANTHROPIC_API_KEY'])
    expect([none, draft.key(none), draft.hasKey(none)]).toEqual([none, undefined, false]);
});
