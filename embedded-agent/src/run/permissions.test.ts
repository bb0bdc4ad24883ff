import { expect, it } from 'vitest';
import { decide } from './permissions.ts';

const shell = { name: 'shell', annotations: {} };
const reader = { name: 'read_file', annotations: { readOnlyHint: true } };
const none = { toolsApproved: false, session: null, soul: undefined };
const ls = { cmd: 'ls -l' };

it('decides by the session, then soul.yaml, then what the tool says of itself', () => {
  expect(decide(shell, ls, none)).toEqual({ decision: 'ask' });
  expect(decide(reader, {}, none)).toEqual({ decision: 'allow' });
  expect(decide(reader, {}, { ...none, soul: { ask: ['read_*'] } })).toEqual({ decision: 'ask' });
  expect(decide(shell, ls, { ...none, soul: { allow: ['*'] } })).toEqual({ decision: 'allow' });
  expect(decide(shell, ls, { ...none, soul: { allow: ['*'], deny: ['SHELL'] } })).toEqual({
    decision: 'deny',
    by: 'permissions configuration',
  });
  expect(decide(shell, ls, { ...none, session: { allow: ['shell'] }, soul: { deny: ['shell'] } })).toEqual({
    decision: 'allow',
  });
  expect(decide(shell, ls, { ...none, toolsApproved: true, session: { deny: ['*'] } })).toEqual({
    decision: 'allow',
  });
});

it('matches arguments', () => {
  const rules = { ...none, session: { allow: ['shell:cmd=ls*'], deny: ['shell:cmd=*rm *:cwd=/etc'] } };
  expect(decide(shell, ls, rules).decision).toBe('allow');
  expect(decide(shell, { cmd: 'cat x' }, rules).decision).toBe('ask');
  expect(decide(shell, { cmd: 'rm x', cwd: '/etc' }, rules).decision).toBe('deny');
  expect(decide(shell, { cmd: 'rm x' }, rules).decision).toBe('ask');
});

it.each([
  [{ allow: ['*'], ask: ['shell'] }, 'ask'],
  [{ allow: ['*'], ask: ['sh*'] }, 'ask'],
  [{ allow: ['shell'], ask: ['shell'] }, 'ask'],
  [{ allow: ['*'], ask: ['*'] }, 'ask'],
  [{ allow: ['*'], ask: ['shell:cmd=rm *'] }, 'allow'],
  [{ allow: ['*'], ask: ['shell:cmd=ls*'] }, 'ask'],
  [{ allow: ['shell'], ask: ['*'] }, 'allow'],
  [{ allow: ['shell:cmd=ls*'], ask: ['shell'] }, 'allow'],
  [{ allow: ['*', 'shell:cmd=ls -l'], ask: ['shell', 'shell:cmd=ls*'] }, 'allow'],
  [{ allow: ['shell'], ask: ['shell'], deny: ['*'] }, 'deny'],
])('of %j the more exact rule counts: %s', (soul, decision) => {
  expect(decide(shell, ls, { ...none, soul }).decision).toBe(decision);
});
