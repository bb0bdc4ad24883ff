import { expect, test } from 'vitest';
import { credentialCheck } from './credential-check.ts';

const LONG = 'ghp_abcdefghijKLMNOPQRST0123456789abcdef';
const check = (text: string | null) => credentialCheck(text, 'credentials.env')[0];

test('it says which values Moby has himself, and which he has not', () => {
  expect(check(null)).toBeUndefined();
  expect(check('# nothing\n')).toBeUndefined();
  expect(check(`A=x\nB=${LONG} # hosts: api.github.com\nC=y`)).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/^Moby has A, C himself .*; B he has only stand-ins of$/),
  });
});

test('a value that shall be kept from him and cannot is a fault, told without it', () => {
  const found = check(`B=${LONG} # host: api.github.com`);
  expect(found).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('line 1: B: its hosts cannot be read'),
  });
  expect(JSON.stringify(found)).not.toContain(LONG);
});
