import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expandHome } from './draft.ts';

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
