import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { rulesOf, UnwritableRuleError, withAllowed } from './soul-rules.ts';

const RULE = 'shell:cmd=git push:*=';
const HEAD = '# mine\nagents:\n  root: { model: x } # of all\n';

it.each([
  ['no permissions', '', '\npermissions:\n  allow: ["shell:cmd=git push:*="]\n'],
  ['nothing under them', 'permissions:\n', 'permissions: { allow: ["shell:cmd=git push:*="] }\n'],
  ['an empty map', 'permissions: {}\n', 'permissions: { allow: ["shell:cmd=git push:*="] }\n'],
  [
    'a flow list',
    'permissions:\n  allow: ["*"] # all\n  ask: [shell]\n',
    'permissions:\n  allow: ["*", "shell:cmd=git push:*="] # all\n  ask: [shell]\n',
  ],
  [
    'an empty list',
    'permissions:\n  allow: [] # none\n',
    'permissions:\n  allow: ["shell:cmd=git push:*="] # none\n',
  ],
  [
    'a key without a value',
    'permissions:\n  allow:\n  ask: [shell]\n',
    'permissions:\n  allow: ["shell:cmd=git push:*="]\n  ask: [shell]\n',
  ],
  [
    'a block list with comments',
    "permissions:\n  allow:\n    # memory\n    - 'memory_*' # reads\n    - think # too\n  # asked\n  ask: [shell]\n",
    'permissions:\n  allow:\n    # memory\n    - \'memory_*\' # reads\n    - think # too\n    - "shell:cmd=git push:*="\n  # asked\n  ask: [shell]\n',
  ],
  [
    'a list at the end without a newline',
    'permissions:\n  allow:\n  - think',
    'permissions:\n  allow:\n  - think\n  - "shell:cmd=git push:*="',
  ],
  [
    'no allow',
    'permissions:\n  # asked\n  ask: [shell]\n',
    'permissions:\n  # asked\n  allow: ["shell:cmd=git push:*="]\n  ask: [shell]\n',
  ],
  [
    'a flow map',
    'permissions: { ask: [shell] } # x\n',
    'permissions: { allow: ["shell:cmd=git push:*="], ask: [shell] } # x\n',
  ],
  [
    'the same rule asked about',
    'permissions:\n  ask: ["shell:cmd=git push:*=", write_file]\n  allow: ["*"]\n',
    'permissions:\n  ask: [write_file]\n  allow: ["*", "shell:cmd=git push:*="]\n',
  ],
  [
    'the same rule asked about last',
    'permissions:\n  ask: [write_file, "shell:cmd=git push:*=" ] # x\n  allow: ["*"]\n',
    'permissions:\n  ask: [write_file ] # x\n  allow: ["*", "shell:cmd=git push:*="]\n',
  ],
  [
    'the same rule asked about alone',
    'permissions:\n  ask:\n    - SHELL:cmd=git push:*= # always\n  allow: ["*"]\n',
    'permissions:\n  ask:\n    [] # always\n  allow: ["*", "shell:cmd=git push:*="]\n',
  ],
  [
    'the same rule first of several lines',
    'permissions:\n  ask:\n    - shell:cmd=git push:*=\n    - write_file\n  allow: ["*"]\n',
    'permissions:\n  ask:\n    - write_file\n  allow: ["*", "shell:cmd=git push:*="]\n',
  ],
  [
    'the same rule among several lines',
    'permissions:\n  ask:\n    - write_file\n    - shell:cmd=git push:*=\n    - fetch\n  allow: ["*"]\n',
    'permissions:\n  ask:\n    - write_file\n    - fetch\n  allow: ["*", "shell:cmd=git push:*="]\n',
  ],
])('puts a rule into %s', (_what, before, after) => {
  expect(withAllowed(HEAD + before, RULE)).toBe(HEAD + after);
  expect(withAllowed(HEAD + after, RULE)).toBe(HEAD + after);
  expect(parse(withAllowed(HEAD + before, RULE)).agents).toEqual(parse(HEAD).agents);
});

it('keeps the line ends of the file', () => {
  const text = 'agents: {}\r\npermissions:\r\n  allow:\r\n    - think\r\n';
  expect(withAllowed(text, RULE)).toBe(`${text}    - "shell:cmd=git push:*="\r\n`);
});

it.each([
  ['permissions: *p\n', 'of their own'],
  ['permissions:\n  allow: "*"\n', 'no list'],
  ['permissions:\n  allow: [[a]]\n', 'something else'],
  ['permissions:\n  deny: ["shell:cmd=git *"]\n', 'deny'],
  ['permissions:\n  ask: ["shell:cmd=git push:*=", "SHELL:cmd=git push:cmd=git push"]\n', 'Take it out'],
  ['permissions: {}\npermissions: {}\n', 'mistake'],
])('writes nothing into %j', (permissions, why) => {
  const text = `x: &p { allow: [a] }\n${HEAD}${permissions}`;
  expect(() => withAllowed(text, RULE)).toThrow(UnwritableRuleError);
  expect(() => withAllowed(text, RULE)).toThrow(why);
});

it('reads the lists that there are', () => {
  expect(rulesOf('permissions:\n  allow: ["*", 5]\n  ask: x\n')).toEqual({ allow: ['*'], ask: [], deny: [] });
  expect(rulesOf('permissions:\n')).toEqual({ allow: [], ask: [], deny: [] });
  expect(rulesOf('[')).toEqual({ allow: [], ask: [], deny: [] });
});
