import { expect, it } from 'vitest';
import { exactRule } from './exact-rule.ts';
import { matchesCall } from './permission-pattern.ts';

it.each([
  ['memory_list', {}, 'memory_list:*='],
  ['shell', { cmd: 'git push' }, 'shell:cmd=git push:*='],
  ['shell', { cmd: 'npm run build --if-present' }, 'shell:cmd=npm run build --if-present:*='],
  ['write', { path: '/tmp/a b.txt' }, 'write:path=/tmp/a b.txt:*='],
  ['pause', { on: true }, 'pause:on=true:*='],
  ['wait', { seconds: 30 }, 'wait:seconds=30:*='],
  ['shell', { cmd: 'echo "ä" # x' }, 'shell:cmd=echo "ä" # x:*='],
])('%s %j is %s', (tool, args, rule) => {
  expect(exactRule(tool, args)).toBe(rule);
});

it.each([
  ['shell', { cmd: 'ls', cwd: '/' }, 'several arguments'],
  ['shell', { cmd: 'rm *' }, 'a glob'],
  ['shell', { cmd: 'ls ?' }, 'a glob'],
  ['shell', { cmd: '[ x ]' }, 'a class'],
  ['shell', { cmd: 'a\\b' }, 'an escape'],
  ['fetch', { url: 'https://a.example' }, 'a colon, where old cagent cuts'],
  ['shell', { cmd: 'true:cwd=/' }, 'a second condition'],
  ['shell', { cmd: 'git branch -d x' }, 'an option that its capital makes another'],
  ['shell', { cmd: 'ls\nrm' }, 'two lines'],
  ['shell', { cmd: 'ls\u202e' }, 'a character that is not seen'],
  ['shell', { cmd: ' ls' }, 'a space that nobody sees'],
  ['shell', { cmd: '' }, 'nothing'],
  ['shell', { cmd: 'x'.repeat(201) }, 'more than a line'],
  ['wait', { n: 1e6 }, 'a number that Go writes otherwise'],
  ['wait', { n: 0.5 }, 'a fraction'],
  ['fetch', { urls: ['a'] }, 'a list'],
  ['x*', {}, 'a glob as name'],
  ['x', { 'a-b': 'c' }, 'a name that cagent does not know as one'],
  ['x', 'text', 'no arguments'],
])('%s %j is no rule: %s', (tool, args, _why) => {
  expect(exactRule(tool, args)).toBeNull();
});

it('means the call that was seen and no neighbour of it', () => {
  const rule = exactRule('shell', { cmd: 'git push' }) ?? '';
  for (const cmd of ['git push ', 'git pushy', 'git push -f', 'git pus', 'a; git push', 'git push; rm x']) {
    expect(matchesCall(rule, 'shell', { cmd })).toBe(false);
  }
  expect(matchesCall(rule, 'shell2', { cmd: 'git push' })).toBe(false);
  expect(matchesCall(rule, 'shell', { cmd: 'git push', cwd: '/of/another' })).toBe(false);
});
