import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import {
  addWorkspace,
  parseWorkspacesConf,
  removeWorkspace,
  WorkspacesConfError,
} from './workspaces-conf.ts';

const single = (line: string) => parseWorkspacesConf(line)[0];

test('name, path and mode; rw where nothing is said; comments and blank lines do not count', () => {
  expect(
    parseWorkspacesConf(
      '\uFEFF# mine\n\n notes = /home/me/notes \r\ncode=/srv/code:ro\nkeys=/srv/keys/:none',
    ),
  ).toEqual([
    { name: 'notes', path: '/home/me/notes', mode: 'rw', line: 3 },
    { name: 'code', path: '/srv/code', mode: 'ro', line: 4 },
    { name: 'keys', path: '/srv/keys', mode: 'none', line: 5 },
  ]);
  expect(single('mine=~/notes')?.path).toBe(`${homedir()}/notes`);
});

test.each([
  '/with blanks in it',
  '/it\'s "quoted"',
  '/a:colon',
  '/a:b:ro.d',
  '/looks-like:ro',
  '/#hash # more',
  '/grün/日本語/🦎',
  '/*star',
  '/a=b',
  '/$HOME/$(x)',
  '/back\\slash',
  '/blank at the end ',
  '/- [x]: {y}',
])('the path %j survives being written and read', (path) => {
  const text = addWorkspace('# comment\n', { name: 'odd', path, mode: 'ro' });
  expect(parseWorkspacesConf(text)).toEqual([{ name: 'odd', path, mode: 'ro', line: 2 }]);
});

test('each fault is told with its line', () => {
  const text = [
    'ok=/a',
    'no path here',
    '../x=/b',
    'OK=/c',
    'rel=notes',
    'q="/d e"',
    'workspace=/f',
    'e=',
  ].join('\n');
  let message = '';
  try {
    parseWorkspacesConf(text, '/home/me/workspaces.conf');
  } catch (error) {
    expect(error).toBeInstanceOf(WorkspacesConfError);
    message = (error as Error).message;
  }
  expect(message.split('\n')).toEqual([
    '/home/me/workspaces.conf, line 2: write it as name=/absolute/path[:ro|:rw|:none].',
    '/home/me/workspaces.conf, line 3: "../x" cannot be a name: write up to 64 letters, digits, dots, dashes and underscores, a letter or digit first.',
    '/home/me/workspaces.conf, line 4: the name "OK" is taken by line 1; each workspace needs a name of its own.',
    '/home/me/workspaces.conf, line 5: workspace "rel": the path "notes" must be absolute, such as /home/me/notes or ~/notes.',
    '/home/me/workspaces.conf, line 6: workspace "q": write the path without quotes; blanks need none.',
    '/home/me/workspaces.conf, line 7: the name "workspace" is reserved; take another one.',
    '/home/me/workspaces.conf, line 8: workspace "e": the path "" must be absolute, such as /home/me/notes or ~/notes.',
  ]);
});

test('adding refuses what the file could not be read with', () => {
  expect(() => addWorkspace('a=/x', { name: 'A', path: '/y', mode: 'rw' })).toThrow(/"A" is taken by line 1/);
  const fault = { name: '../b', path: '/y', mode: 'rw' } as const;
  expect(() => addWorkspace('a=/x\n', fault)).toThrow(/^"..\/b" cannot be a name/); // it has no line yet
  expect(() => addWorkspace('a=/x\nb\n', fault, '/c')).toThrow(/^\/c, line 2: write it as/);
  expect(() => addWorkspace('', { name: 'a', path: '/x\nb=/etc', mode: 'rw' })).toThrow(/line break/);
  expect(() => addWorkspace('', { name: 'a\nb', path: '/x', mode: 'rw' })).toThrow(WorkspacesConfError);
  expect(addWorkspace('a=/x', { name: 'b', path: '/y', mode: 'rw' })).toBe('a=/x\nb=/y:rw\n');
});

test('removing takes exactly the one name, whatever it looks like', () => {
  const text = '# all\na.b=/x\naxb=/y\n\n# last\nz=/z';
  expect(removeWorkspace(text, 'a.b')).toBe('# all\naxb=/y\n\n# last\nz=/z');
  expect(removeWorkspace(text, '.*')).toBeNull();
  expect(removeWorkspace(text, 'A.B')).toBeNull();
});
