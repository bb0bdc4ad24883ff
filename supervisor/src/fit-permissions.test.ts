/** `ask` beside `allow: ["*"]` means something with cagent too. */
import { expect, it } from 'vitest';
import { fitSoul } from './fit-soul.ts';

const OLD = { kind: 'cagent' as const, numbers: [1, 32, 3] as const };
const fitted = (permissions: string) => fitSoul(`agents: {}\n${permissions}`, OLD as never);

it.each([
  ['permissions:\n  allow: ["*"] # all\n  ask: ["shell", write_*]\n', '"*"'],
  ['permissions: { allow: ["think:x=y", "*"], ask: [think, "*"] }\n', '"*"'],
  [
    'permissions:\n  deny: ["rm_*"]\n  allow:\n    - shell:cmd=ls # this\n    - shell # all\n  ask: [shell]\n',
    'shell #',
  ],
])('%j is given without what would swallow a question', (permissions, swallowing) => {
  const without = permissions.replace(swallowing, swallowing.endsWith('#') ? '"" #' : '""');
  expect(fitted(permissions)).toBe(`agents: {}\n${without}`);
});

it.each([
  'permissions:\n  allow: ["memory_*"]\n  ask: ["*"]\n',
  'permissions:\n  allow: ["*"]\n',
  'permissions:\n  ask: [shell]\n',
  'permissions:\n  allow: ["shell:cmd=git push"]\n  ask: [shell, "shell:cmd=git *"]\n',
])('%j is left as it is', (permissions) => {
  expect(fitted(permissions)).toBe(`agents: {}\n${permissions}`);
});

it('is left as it is for the embedded agent, which knows the order', () => {
  const source = 'agents: {}\npermissions: { allow: ["*"], ask: [shell] }\n';
  expect(fitSoul(source, { kind: 'embedded', numbers: null } as never)).toBe(source);
});
