import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { closedGroup, codeAnswer, fullNotice, pairingNotice, welcome } from '../access/access-texts.ts';
import { readCommand } from '../commands/commands.ts';
import { commandSign } from './command-sign.ts';

const CHANNELS = {
  telegram: 'telegram:dm:42',
  discord: 'discord:dm:123456789012345678',
  slack: 'slack:dm:D1',
  whatsapp: 'whatsapp:dm:491701234567@s.whatsapp.net',
} as const;

test.each([
  ['telegram', '/'],
  ['discord', '/'],
  ['slack', '!'],
  ['whatsapp', '/'],
] as const)('on %s every text names commands with %s, which is understood', (platform, sign) => {
  const channel = CHANNELS[platform];
  expect([commandSign(platform), commandSign(channel)]).toEqual([sign, sign]);
  const now = new ManualClock().now();
  const pairing = { code: 'ABCDEFGH', platform, user: '7', name: 'Bea', channel };
  const row = { ...pairing, rejected: false, createdAt: now, expiresAt: now };
  const texts = [
    codeAnswer(row),
    pairingNotice(row, channel),
    fullNotice(platform, channel),
    closedGroup(channel),
    welcome('guest', channel),
  ];
  for (const text of texts) {
    const commands = [...text.matchAll(/`([/!])([a-z]+)(?: [^`]*)?`/g)];
    expect(commands.length).toBeGreaterThan(0);
    for (const [, used, name] of commands) {
      expect(used).toBe(sign);
      expect(readCommand(`${used}${name}`)?.name).toBe(name);
    }
  }
});

test('no platform is forgotten', () => {
  expect(Object.keys(CHANNELS).toSorted()).toEqual([...PLATFORMS].toSorted());
});
