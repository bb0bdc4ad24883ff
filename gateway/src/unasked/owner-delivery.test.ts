import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import type { Outgoing } from '../delivery/delivery.ts';
import { Store } from '../store/store.ts';
import { ownerDelivery } from './owner-delivery.ts';

interface Setting {
  ownerChannel?: string;
  /** Chats that Moby may write to. */
  allowed?: readonly string[];
  platforms?: readonly string[];
}

function setUp(
  owner: string | null | 'no messaging',
  { ownerChannel, allowed = [], platforms = [] }: Setting = {},
) {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const sent: Outgoing[] = [];
  const outlet = {
    deliver: (message: Outgoing) => `${sent.push(message)}`,
    ownerChannel: () => (owner === 'no messaging' ? null : owner),
    refusal: () => null,
    mayReceive: (channel: string) => allowed.includes(channel),
  };
  const messaging = () => (owner === 'no messaging' ? null : outlet);
  const chosen = ownerChannel ?? null;
  return {
    store,
    sent,
    ...ownerDelivery({ store, clock: new ManualClock(), messaging, platforms, ownerChannel: chosen }),
  };
}

test('a job goes where it says, else to the chat it was asked in, else to the owner', () => {
  const { channels } = setUp('telegram:dm:1');
  expect(channels.target('slack:dm:D1', 'telegram:dm:2')).toBe('slack:dm:D1');
  expect(channels.target(null, 'telegram:group:-5')).toBe('telegram:group:-5');
  expect(channels.target(null, 'cli:main')).toBe('telegram:dm:1');
  expect(channels.target(null, 'cron:abc')).toBe('telegram:dm:1');
  expect(channels.target(null, null)).toBe('telegram:dm:1');
});

test('the chat that the owner has chosen comes before where it was asked, and behind what the job names', async () => {
  const chosen = { ownerChannel: 'telegram:dm:1', allowed: ['telegram:dm:1'] };
  const { channels, notifyOwner, sent } = setUp('slack:dm:D1', chosen);
  expect(channels.target('slack:dm:D2', 'telegram:group:-5')).toBe('slack:dm:D2');
  expect(channels.target(null, 'telegram:group:-5')).toBe('telegram:dm:1');
  expect(channels.target(null, 'web:main')).toBe('telegram:dm:1');
  expect(channels.target(null, null)).toBe('telegram:dm:1');
  expect(channels.home()).toBe('telegram:dm:1');
  await notifyOwner('y', 'k');
  expect(sent[0]?.channel).toBe('telegram:dm:1');
});

test('a chosen conversation needs no messaging', () => {
  const { channels, chosen } = setUp('no messaging', { ownerChannel: 'web:main' });
  expect(channels.target(null, 'cli:main')).toBe('web:main');
  expect(channels.home()).toBe('web:main');
  expect(chosen()).toEqual({ channel: 'web:main' });
});

test('a chosen chat that Moby may not write to is never a target, and it says why', () => {
  const { channels, chosen } = setUp('slack:dm:D1', { ownerChannel: 'telegram:dm:666' });
  expect(channels.target(null, 'telegram:group:-5')).toBe('telegram:group:-5');
  expect(channels.target(null, null)).toBe('slack:dm:D1');
  expect(channels.home()).toBe('slack:dm:D1');
  expect(chosen()).toEqual({
    channel: 'telegram:dm:666',
    problem: expect.stringContaining('Moby may not write there'),
  });
  expect(setUp(null).chosen()).toBeNull();
});

test('without a chat it goes where it was asked, else where the owner wrote last, else to the terminal', () => {
  for (const owner of [null, 'no messaging'] as const) {
    const { channels, store } = setUp(owner);
    expect(channels.target(null, 'web:main')).toBe('web:main');
    expect(channels.target(null, 'cron:abc')).toBe('cli:main');
    expect(channels.home()).toBe('cli:main');
    for (const [at, session] of ['cli:main', 'web:kitchen', 'cron:abc', 'webhook:push'].entries()) {
      store.sessions.touch(session, at);
      store.messages.insert({ session, turn: session, role: 'user', text: 'x', at });
    }
    store.sessions.ensure('api:never-used', 99);
    expect(channels.target(null, null)).toBe('web:kitchen');
    expect(channels.home()).toBe('web:kitchen');
  }
});

test('where a program talks is no place where the owner reads, unless there is no other', () => {
  const { channels, store } = setUp(null);
  const say = (session: string, at: number): void => {
    store.sessions.touch(session, at);
    store.messages.insert({ session, turn: `${session}${at}`, role: 'user', text: 'x', at });
  };
  say('api:open-webui', 1);
  expect(channels.home()).toBe('api:open-webui');
  say('cli:main', 2);
  say('api:open-webui', 3);
  expect(channels.home()).toBe('cli:main');
});

test('a conversation gets each text once, as a message of Moby', async () => {
  const { deliver, store } = setUp('no messaging');
  await deliver('web:main', 'Call the bank.', 'cron:a@1', 'heartbeat');
  await deliver('web:main', 'Call the bank.', 'cron:a@1', 'heartbeat');
  await deliver('web:main', 'Call the bank.', 'cron:a@2', 'heartbeat');
  expect(store.messages.recent('web:main', 10).map(({ role, text }) => `${role}: ${text}`)).toEqual([
    'assistant: Call the bank.',
    'assistant: Call the bank.',
  ]);
});

test('a chat gets it through the outbox under an id that a repeat arrives at again', async () => {
  const { deliver, notifyOwner, sent } = setUp('telegram:dm:1');
  await deliver('telegram:dm:2', 'x', 'cron:a@1', 'heartbeat');
  await deliver('telegram:dm:2', 'x', 'cron:a@1', 'heartbeat');
  await notifyOwner('y', 'job-disabled:a');
  expect(sent[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(sent[1]?.id).toBe(sent[0]?.id);
  expect(sent[2]).toMatchObject({ channel: 'telegram:dm:1', text: 'y' });
});

test('a chat without messaging is refused for good; a notice then goes to the terminal', async () => {
  const { deliver, notifyOwner, store } = setUp('no messaging');
  await expect(deliver('telegram:dm:2', 'x', 'k', 'heartbeat')).rejects.toBeInstanceOf(DeliveryRefusedError);
  await notifyOwner('y', 'k');
  expect(store.messages.recent('cli:main', 10)).toMatchObject([{ text: 'y', sentBy: 'notice' }]);
});

test('while messaging is not up yet a chat of it can be named, and its delivery waits', async () => {
  const { deliver, channels } = setUp('no messaging', { platforms: ['telegram'] });
  expect(channels.refusal('telegram:dm:2')).toBeNull();
  expect(channels.refusal('slack:dm:D2')).toContain('No messaging channel is enabled');
  const later = deliver('telegram:dm:2', 'x', 'k', 'heartbeat');
  await expect(later).rejects.toThrow('not up');
  await expect(later).rejects.not.toBeInstanceOf(DeliveryRefusedError);
});
