/** Those who write as a chat: an admin who stays anonymous, the channel that a group is linked to, somebody as a channel. */
import { expect, test } from 'vitest';
import { ALICE, GROUP, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const NEWS = { id: -100777, type: 'channel', title: 'News of the house' };
const ANONYMOUS = { id: 1087968824, first_name: 'Group', username: 'GroupAnonymousBot', is_bot: true };
const TELEGRAM = { id: 777000, first_name: 'Telegram' };
const AS_CHANNEL = { id: 136817688, first_name: 'Channel', username: 'Channel_Bot', is_bot: true };

const KINDS = [
  ['an anonymous admin', ANONYMOUS, { sender_chat: { id: GROUP, type: 'supergroup', title: 'Family' } }],
  [
    'the linked channel',
    TELEGRAM,
    {
      sender_chat: NEWS,
      is_automatic_forward: true,
      forward_origin: { type: 'channel', chat: NEWS, message_id: 5, date: 1 },
    },
  ],
  ['somebody who writes as a channel', AS_CHANNEL, { sender_chat: NEWS }],
] as const;

/** The users that Telegram names in their place are listed as owners: nobody becomes one by that. */
async function open(mention: boolean): Promise<TelegramWorld> {
  const owners = [ALICE.id, ANONYMOUS.id, TELEGRAM.id, AS_CHANNEL.id].join(',');
  const world = await openTelegramWorld({ env: { TELEGRAM_ALLOWED_USERS: owners } });
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, { body: { mention } });
  return world;
}

test.each(KINDS)('%s is heard as a guest where all are', async (_who, from, more) => {
  const world = await open(false);
  world.telegram.say({ chat: GROUP, from, text: 'when is the meeting?', more });
  await world.reply((text) => text === 'You said: when is the meeting?', GROUP);
  const prompt = world.gateway.agent?.stats().runs[0]?.prompt ?? '';
  expect(prompt).toContain('The sender is a guest, not your owner.');
  expect(prompt).toContain(`(telegram:chat:${more.sender_chat.id})`);
  expect(prompt).not.toContain('forwarded');
});

test('where mentions are needed they need one, and the commands of the owner are not theirs', async () => {
  const world = await open(true);
  for (const [, from, more] of KINDS) {
    world.telegram.say({ chat: GROUP, from, text: 'not for you', more });
    world.telegram.say({ chat: GROUP, from, text: '/allow off', more });
  }
  world.telegram.say({
    chat: GROUP,
    from: ANONYMOUS,
    text: '@moby_test_bot and this?',
    entities: [{ type: 'mention', offset: 0, length: 14 }],
    more: KINDS[0][2],
  });
  await world.reply((text) => text === 'You said: and this?', GROUP);
  const prompts = (world.gateway.agent?.stats().runs ?? []).map(({ prompt }) => prompt);
  expect(prompts.join()).not.toContain('not for you');
});

test('another bot in the group stays unheard', async () => {
  const world = await open(false);
  world.telegram.say({
    chat: GROUP,
    from: { id: 99, first_name: 'Weather', is_bot: true },
    text: 'It rains.',
  });
  world.telegram.say({ chat: GROUP, from: ALICE, text: 'and now?' });
  await world.reply((text) => text === 'You said: and now?', GROUP);
  expect(world.gateway.agent?.stats().runs).toHaveLength(1);
});
