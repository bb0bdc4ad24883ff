import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const TOKEN = { MOBYCLAW_MCP_TOKEN: '0123456789abcdef' };

test('everything but the token has a default', () => {
  expect(readConfig(TOKEN)).toEqual({
    token: TOKEN.MOBYCLAW_MCP_TOKEN,
    listen: { host: '127.0.0.1', port: 9200 },
    allowedHosts: [],
    workspaces: [],
  });
});

test('a path may hold whatever a path may hold', () => {
  const paths = [
    '/a b',
    `/it's "quoted"`,
    '/c:d:ro',
    '/#hash',
    '/ünï/日本',
    '/*star',
    '/line\nbreak',
    '/$HOME',
  ];
  const given = Object.fromEntries(paths.map((path, index) => [`w${index}`, { path, mode: 'ro' }]));
  const { workspaces } = readConfig({ ...TOKEN, MOBYCLAW_WORKSPACES: JSON.stringify(given) });
  expect(workspaces.map(({ path }) => path)).toEqual(paths);
});

test.each([
  ['notes=/notes', /must be JSON/],
  ['[]', /MOBYCLAW_WORKSPACES/],
  ['{"a": {"path": "relative", "mode": "rw"}}', /must be absolute/],
  ['{"a": {"path": "/a"}}', /a\.mode/],
  ['{"a": {"path": "/a", "mode": "RW"}}', /a\.mode/],
  ['{"a": {"path": "/a", "mode": "rw", "shell": true}}', /shell/],
  ['{"..": {"path": "/a", "mode": "rw"}}', /a workspace name has/],
  ['{"a/b": {"path": "/a", "mode": "rw"}}', /a workspace name has/],
  ['{"Notes": {"path": "/a", "mode": "rw"}, "notes": {"path": "/b", "mode": "ro"}}', /too much alike/],
  [
    '{"\u00fcbung": {"path": "/a", "mode": "rw"}, "U\u0308bung": {"path": "/b", "mode": "ro"}}',
    /too much alike/,
  ],
])('%s is refused', (text, reason) => {
  expect(() => readConfig({ ...TOKEN, MOBYCLAW_WORKSPACES: text })).toThrow(reason);
});

test('every wrong variable is named, and the token never shown', () => {
  const wrong = { MOBYCLAW_MCP_TOKEN: 'short', MOBYCLAW_WORKSPACE_LISTEN: '9200' };
  expect(() => readConfig(wrong)).toThrow(/MOBYCLAW_MCP_TOKEN.*MOBYCLAW_WORKSPACE_LISTEN/);
  expect(() => readConfig(wrong)).not.toThrow(/short/);
});
