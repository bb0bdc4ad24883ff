import type { Capability } from '@mobyclaw/protocol/capability';
import { expect, test } from 'vitest';
import { decodeCapability, requireCapability, signCapability } from './capability.ts';

const KEY = 'the-key-of-gateway-and-memory';
const OF_A_GUEST: Capability = {
  turn: '019a0000-0000-7000-8000-000000000001',
  run: 2,
  session: 'telegram:dm:77',
  firstName: 'telegram:dm:-7',
  sender: 'Bob Ünal 😀\r\n',
  asker: 'guest',
  until: 1_000_000,
};

const read = (text: string | undefined, now = 0, key = KEY): Capability =>
  requireCapability(text === undefined ? {} : { 'x-moby-turn': text }, key, now);

test('a signed capability is read as it was given, and needs no escaping in a header', () => {
  const text = signCapability(KEY, OF_A_GUEST);
  expect(text).toMatch(/^[\w-]+\.[\w-]+$/);
  expect(encodeURIComponent(text)).toBe(text);
  expect(read(text)).toEqual(OF_A_GUEST);
  expect(decodeCapability(text)).toEqual(OF_A_GUEST);
});

test('one that was altered, signed with another key, or made up is refused', () => {
  const [payload = '', signature = ''] = signCapability(KEY, OF_A_GUEST).split('.');
  const ofTheOwner = Buffer.from(JSON.stringify({ ...OF_A_GUEST, asker: 'owner' })).toString('base64url');
  const wrong = [
    `${ofTheOwner}.${signature}`,
    `${payload}.`,
    payload,
    `${payload}.${signature.slice(1)}`,
    `.${signature}`,
    '019a0000-0000-7000-8000-000000000001',
    'null.null',
    signCapability('another-key-than-theirs', OF_A_GUEST),
  ];
  for (const text of wrong) expect(() => read(text), text).toThrow(/not given by the gateway/);
});

test('one whose time is over is refused; a missing one says how to mend soul.yaml', () => {
  const text = signCapability(KEY, OF_A_GUEST);
  expect(read(text, 999_999).turn).toBe(OF_A_GUEST.turn);
  expect(() => read(text, 1_000_000)).toThrow(/time for this message is over/);
  for (const none of [undefined, '']) {
    expect(() => read(none)).toThrow(/X-Moby-Turn: \$\{headers\.X-Moby-Turn\}/);
  }
});
