/** Who may talk to Moby: what an approval keeps, when a code has run out, which groups asked last. */
import { expect, test } from 'vitest';
import { openStore } from './testing/open-store.ts';

const ann = { platform: 'telegram', user: '7', name: 'Ann', channel: 'telegram:dm:7' };
const pairing = (code: string, expiresAt: number, createdAt = 0) => ({
  ...ann,
  code,
  rejected: false,
  createdAt,
  expiresAt,
});

test('where a person writes from is noted; what was approved stays', () => {
  const { access } = openStore();
  access.seen(ann, 1);
  expect(access.person('telegram', '7')).toEqual({ ...ann, role: null, approvedAt: null, lastSeenAt: 1 });
  access.approve(pairing('A', 100), 'guest', 2);
  access.seen({ ...ann, name: 'Anna', channel: 'telegram:dm:8' }, 3);
  expect(access.person('telegram', '7')).toEqual({
    ...ann,
    name: 'Anna',
    channel: 'telegram:dm:8',
    role: 'guest',
    approvedAt: 2,
    lastSeenAt: 3,
  });
  access.seen({ ...ann, platform: 'slack', channel: 'slack:dm:7' }, 1);
  access.seen({ ...ann, user: '9', channel: 'telegram:dm:9' }, 9);
  expect(access.people().map(({ platform, user }) => `${platform}:${user}`)).toEqual([
    'slack:7',
    'telegram:9',
    'telegram:7',
  ]);
  expect(access.personOfChannel('slack:dm:7')?.platform).toBe('slack');
  expect([access.forgetPerson('telegram', '7'), access.forgetPerson('telegram', '7')]).toEqual([true, false]);
  expect(access.person('slack', '7')).not.toBeNull();
});

test('a code counts until its time; one that was turned away for as long as its stranger is to wait', () => {
  const { access } = openStore();
  access.insertPairing({ ...pairing('late', 30, 2), user: '8' });
  access.insertPairing({ ...pairing('early', 20, 1), user: '7' });
  const codes = (now: number) => access.pairings(now).map(({ code, rejected }) => [code, rejected]);
  expect(codes(10)).toEqual([
    ['early', false],
    ['late', false],
  ]);
  expect(codes(20)).toEqual([['late', false]]);
  access.rejectPairing('early', 50);
  expect(codes(40)).toEqual([['early', true]]);
  access.forgetPairingsBefore(30);
  expect(codes(0)).toEqual([['early', true]]);
  access.deletePairing('early');
  expect(codes(0)).toEqual([]);
});

test('a group that is allowed has asked no more; closing one says whether it was open', () => {
  const { access } = openStore();
  for (const [index, channel] of ['a', 'b', 'c'].entries())
    access.noteClosedGroup({ channel, title: channel, askedAt: index }, 2);
  expect(access.closedGroups().map(({ channel }) => channel)).toEqual(['c', 'b']);
  access.noteClosedGroup({ channel: 'b', title: 'B', askedAt: 9 }, 2);
  expect(access.closedGroups()).toEqual([
    { channel: 'b', title: 'B', askedAt: 9 },
    { channel: 'c', title: 'c', askedAt: 2 },
  ]);
  access.allowGroup('b', true, 10);
  expect(access.closedGroups().map(({ channel }) => channel)).toEqual(['c']);
  access.allowGroup('b', false, 20);
  access.allowGroup('a', true, 20);
  expect(access.groups()).toEqual([
    { channel: 'a', mention: true, allowedAt: 20 },
    { channel: 'b', mention: false, allowedAt: 10 },
  ]);
  expect([access.closeGroup('b'), access.closeGroup('b'), access.group('b')]).toEqual([true, false, null]);
});

test('the group of a thread is the one it was seen in last', () => {
  const { access } = openStore();
  expect(access.parentOf('discord:channel:2')).toBeNull();
  access.noteThread('discord:channel:2', 'discord:channel:1');
  access.noteThread('discord:channel:2', 'discord:channel:3');
  expect(access.parentOf('discord:channel:2')).toBe('discord:channel:3');
});
