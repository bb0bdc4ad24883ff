/** `ask` beside `allow: ["*"]` means something with cagent too. */
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { fitSoul } from './fit-soul.ts';

const OLD = { kind: 'cagent' as const, numbers: [1, 32, 3] as const };
const fitted = (permissions: string) => fitSoul(`agents: {}\n${permissions}`, OLD as never);
const rules = (permissions: string) => parse(fitted(permissions)).permissions;

it.each([
  ['permissions:\n  allow: ["*"] # all\n  ask: ["shell", write_*]\n', ['shell', 'write_*']],
  ['permissions: { allow: ["*"], ask: [shell] }\n', ['shell']],
  ['permissions:\n  deny: ["rm_*"]\n  allow: ["*"]\n  ask: [shell]\n', ['shell', 'rm_*']],
  ['permissions:\n  deny:\n    - "rm_*"\n    - x\n  allow: ["*"]\n  ask: [a, b]\n', ['a', 'b', 'rm_*', 'x']],
  ['permissions:\n  deny: []\n  allow: ["*"]\n  ask: [shell]\n', ['shell']],
  ['permissions:\n  deny:\n  allow: ["*"]\n  ask: [shell]\n', ['shell']],
])('%j refuses what it would swallow', (permissions, deny) => {
  expect(rules(permissions).deny).toEqual(deny);
  expect({ ...rules(permissions), deny: null }).toEqual({ ...parse(permissions).permissions, deny: null });
});

it.each([
  'permissions:\n  allow: ["memory_*"]\n  ask: ["*"]\n',
  'permissions:\n  allow: ["*"]\n',
  'permissions:\n  ask: [shell]\n',
])('%j is left as it is', (permissions) => {
  expect(fitted(permissions)).toBe(`agents: {}\n${permissions}`);
});

it('is left as it is for the embedded agent, which knows the order', () => {
  const source = 'agents: {}\npermissions: { allow: ["*"], ask: [shell] }\n';
  expect(fitSoul(source, { kind: 'embedded', numbers: null } as never)).toBe(source);
});
