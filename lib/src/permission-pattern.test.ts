import { expect, it } from 'vitest';
import { isMoreSpecific, matchesCall } from './permission-pattern.ts';

it.each([
  ['shell', {}, true],
  ['SH*', {}, true],
  ['sh?ll', {}, true],
  ['sh[a-f]ll', {}, true],
  ['sh[^a-f]ll', {}, false],
  ['sh[z-a]ll', {}, false],
  ['shell:cmd=ls*', { cmd: 'ls\n/etc' }, true],
  ['shell:cmd=a[*]b', { cmd: 'a*b' }, true],
  ['shell:cmd=a[*]b', { cmd: 'axb' }, false],
  ['shell:cmd=a\\*b', { cmd: 'a*b' }, true],
  ['shell:cmd=a\\*b', { cmd: 'axb' }, false],
  ['shell:cmd=a.b(c', { cmd: 'a.b(c' }, true],
  ['shell:cmd=a.b', { cmd: 'axb' }, false],
  ['shell:cmd=[rs]m x', { cmd: 'rm x' }, true],
  ['shell:cmd=[', { cmd: '[' }, true],
  ['shell:cmd=ls:cwd=/x', { cmd: 'ls' }, false],
  ['shell:toString=*', {}, false],
  ['shell:n=5', { n: 5 }, true],
  ['shell:cmd=*', null, false],
  ['shell:cmd=ls:*=', { cmd: 'ls' }, true],
  ['shell:cmd=ls:*=', { cmd: 'ls', cwd: '/x' }, false],
  ['shell:cmd=ls:*=', { cmd: 'ls', '*': '/x' }, false],
  ['shell:cmd=ls:*=', { cmd: 'ls:*=' }, false],
  ['shell:cmd=ls:*=:cwd=/x', { cmd: 'ls', cwd: '/x' }, false],
  ['shell:*=', {}, true],
  ['shell:*=', { cmd: 'ls' }, false],
])('%s of shell with %j: %s', (pattern, args, expected) => {
  expect(matchesCall(pattern, 'shell', args)).toBe(expected);
});

it('takes a value without globs for more exact than one that has as many letters', () => {
  expect(isMoreSpecific('shell:cmd=git push', 'shell:cmd=git push*')).toBe(true);
  expect(isMoreSpecific('shell:cmd=git push*', 'shell:cmd=git push')).toBe(false);
  expect(isMoreSpecific('shell:cmd=git push', 'shell:cmd=git push')).toBe(false);
});
