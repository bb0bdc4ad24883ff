/** `ask` beside `allow: ["*"]` means something with cagent too. */
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { fitSoul } from './fit-soul.ts';

const OLD = { kind: 'cagent' as const, numbers: [1, 32, 3] as const };
const fitted = (permissions: string) => fitSoul(`agents: {}\n${permissions}`, OLD as never);
const rules = (permissions: string) => parse(fitted(permissions)).permissions;

it.each([
  ['permissions:\n  allow: ["*"] # all\n  ask: ["shell", write_*]\n', []],
  ['permissions: { allow: ["*"], ask: [shell] }\n', []],
  ['permissions: { ask: [shell], allow: ["memory_*", "*", shell], deny: [rm] }\n', ['memory_*']],
  [
    'permissions:\n  deny: ["rm_*"]\n  allow:\n    - "*" # all\n    - memory_*\n  ask: [shell]\nversion: "7"\n',
    ['memory_*'],
  ],
  ['permissions:\n  allow: ["*"]\n  ask: ["shell:cmd=rm*"]\n', []],
  ['permissions:\n  allow: ["*", "shell:cmd=ls"]\n  ask: ["shell"]\n', ['shell:cmd=ls']],
  ['permissions:\n  allow: ["*", "shell:cmd=ls:*="]\n  ask: ["shell"]\n', []],
  ['permissions:\n  allow: ["think", "shell:cmd=ls:*="]\n', ['think']],
])('%j does not swallow what it asks about', (permissions, allow) => {
  expect(rules(permissions).allow).toEqual(allow);
  expect({ ...rules(permissions), allow: null }).toEqual({ ...parse(permissions).permissions, allow: null });
  const [{ permissions: _fitted, ...rest }, { permissions: _given, ...given }] = [
    parse(fitted(permissions)),
    parse(`agents: {}\n${permissions}`),
  ];
  expect(rest).toEqual(given);
});

it.each([
  'permissions:\n  allow: ["memory_*"]\n  ask: ["*"]\n',
  'permissions:\n  allow: ["*"]\n',
  'permissions:\n  ask: [shell]\n',
  'permissions:\n  allow:\n  ask: [shell]\n',
])('%j is left as it is', (permissions) => {
  expect(fitted(permissions)).toBe(`agents: {}\n${permissions}`);
});

it('is left as it is for the embedded agent, which knows the order', () => {
  const source = 'agents: {}\npermissions: { allow: ["*"], ask: [shell] }\n';
  expect(fitSoul(source, { kind: 'embedded', numbers: null } as never)).toBe(source);
});
