import { expect, test } from 'vitest';
import { doorPass, withDoorPass } from './door-pass.ts';

const DOOR = 'http://egress:8118';

test('programs of a turn show its pass to the door and to no other proxy', () => {
  const environment = {
    PATH: '/bin',
    HTTPS_PROXY: DOOR,
    http_proxy: `${DOOR}/`,
    all_proxy: 'http://proxy.example.org:3128',
    NO_PROXY: 'egress',
    MINE: DOOR,
  };
  const shown = `http://turn:${doorPass('capability')}@egress:8118`;
  expect(withDoorPass(environment, DOOR, 'capability')).toEqual({
    ...environment,
    HTTPS_PROXY: shown,
    http_proxy: shown,
  });
});

test('the pass does not tell the capability, and is another one for each', () => {
  expect(doorPass('a.b')).toMatch(/^[0-9a-f]{64}$/);
  expect(doorPass('a.b')).not.toBe(doorPass('a.c'));
});

test.each([
  ['no door', undefined, 'capability'],
  ['no turn', DOOR, undefined],
])('%s: nothing is shown', (_why, door, capability) => {
  expect(withDoorPass({ HTTPS_PROXY: DOOR }, door, capability)).toEqual({ HTTPS_PROXY: DOOR });
});
