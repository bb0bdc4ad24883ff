import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareCredentials, standInKey } from './bound-secrets.ts';
import { bindingFault, standInFor } from './stand-in.ts';

const KEY = Buffer.alloc(32, 7);

test.each([
  ['ghp_abcdefghijKLMNOPQRST0123456789abcdef', /^ghp_[a-z]{10}[A-Z]{10}[0-9]{10}[a-z]{6}$/],
  ['github_pat_11ABCDEFG0123456789_abcdef', /^github_pat_\d\d[A-Z]{7}\d{10}_[a-z]{6}$/],
  ['0123456789abcdef0123456789abcdef', /^[0-9a-f]{32}$/],
  ['123e4567-e89b-12d3-a456-426614174000', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/],
  ['12345678:AAbbCCddEEffGGhh', /^\d{8}:([A-Z]{2}[a-z]{2}){4}$/],
])('%s keeps its shape', (value, shape) => {
  const standIn = standInFor('A', value, KEY);
  expect(standIn).toMatch(shape);
  expect(standIn).not.toBe(value);
});

test('nothing of a password is kept but the kinds of its signs', () => {
  const standIn = standInFor('A', 'correct-horse-battery-staple', KEY);
  expect(standIn).toMatch(/^[a-z]{7}-[a-z]{5}-[a-z]{7}-[a-z]{6}$/);
  for (const word of ['correct', 'horse', 'battery', 'staple']) expect(standIn).not.toContain(word);
});

test('it hangs on key and name, not on the value', () => {
  const one = standInFor('A', 'abcdefghijklmnop', KEY);
  expect(standInFor('A', 'qrstuvwxyzabcdef', KEY)).toBe(one);
  expect(standInFor('B', 'abcdefghijklmnop', KEY)).not.toBe(one);
  expect(standInFor('A', 'abcdefghijklmnop', Buffer.alloc(32, 8))).not.toBe(one);
});

test('of any value: as long, of the same kinds of signs, another one', () => {
  const value = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 9,
    maxLength: 80,
  });
  fc.assert(
    fc.property(value, fc.string(), (text, name) => {
      fc.pre(bindingFault(text) === null);
      const standIn = standInFor(name, text, KEY);
      expect(standIn).toHaveLength(text.length);
      expect(standIn).not.toBe(text);
      expect(standIn).toMatch(/^[\x21-\x7e]+$/);
    }),
  );
});

test('the key is made once, for the owner alone', async () => {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  const key = await standInKey(home);
  expect(key).toHaveLength(32);
  expect(await standInKey(home)).toEqual(key);
  expect(statSync(join(home, 'egress')).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, 'egress/stand-ins.key')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(home, 'egress/stand-ins.key'), 'utf8').trim()).toBe(key.toString('base64url'));
});

test('Moby is given values without hosts, stand-ins of the others, and nothing where the hosts are faulty', () => {
  const value = 'abcdefghijklmnop';
  const { environment, bound } = shareCredentials(
    [
      { name: 'PLAIN', value, hosts: null, inUrl: false },
      { name: 'BOUND', value, hosts: ['a.example'], inUrl: true },
      { name: 'FAULTY', value, hosts: [], inUrl: false },
    ],
    KEY,
  );
  const standIn = standInFor('BOUND', value, KEY);
  expect(environment).toEqual({ PLAIN: value, BOUND: standIn });
  expect(bound).toEqual([{ name: 'BOUND', value, hosts: ['a.example'], standIn, inUrl: true }]);
});
