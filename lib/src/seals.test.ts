import { expect, test } from 'vitest';
import { brokenSeal, ownBrokenSeal } from './seals.ts';

const mountinfo = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const AROUND = '40 30 8:1 /home/me/my\\040notes /workspace/notes rw,relatime - ext4 /dev/sda1 rw';
const SEAL = { at: '/workspace/notes/a b/.git', base: '/workspace/notes', path: 'a b/.git' };
const mountOf = (root: string, { device = '8:1', type = 'ext4' } = {}): string =>
  `41 40 ${device} ${root} /workspace/notes/a\\040b/.git ro,relatime master:1 - ${type} /dev/sda1 rw`;

test('a mount from the place below the one around it is right', () => {
  expect(brokenSeal([SEAL], mountinfo([AROUND, mountOf('/home/me/my\\040notes/a\\040b/.git')]))).toBeNull();
  const whole = '40 30 8:1 / /workspace/notes rw - ext4 /dev/sda1 rw'; // a disk of its own
  expect(brokenSeal([SEAL], mountinfo([whole, mountOf('/a\\040b/.git')]))).toBeNull();
});

test.each([
  ['from elsewhere', [AROUND, mountOf('/home/me/secret/.git')]],
  ['from another disk', [AROUND, mountOf('/home/me/my\\040notes/a\\040b/.git', { device: '8:2' })]],
  ['not there', [AROUND]],
  ['with nothing around it', [mountOf('/home/me/my\\040notes/a\\040b/.git')]],
  [
    'covered by another',
    [AROUND, mountOf('/home/me/my\\040notes/a\\040b/.git'), mountOf('/home/me/secret/.git')],
  ],
])('a mount %s is named, with what to do', (_, lines) => {
  expect(brokenSeal([SEAL], mountinfo(lines))).toMatch(
    /^\/workspace\/notes\/a b\/\.git is not mounted .*mobyclaw up$/,
  );
});

test('a hidden folder is an empty one in memory', () => {
  const at = '/workspace/notes/a b/.git';
  expect(brokenSeal([{ at }], mountinfo([AROUND, mountOf('/', { type: 'tmpfs' })]))).toBeNull();
  expect(brokenSeal([{ at }], mountinfo([AROUND, mountOf('/')]))).not.toBeNull();
});

test('where nothing was promised nothing is broken', async () => {
  expect(await ownBrokenSeal({})).toBeNull();
});
