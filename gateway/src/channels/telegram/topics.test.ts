/** Topics: in a private chat, where the owner has switched them on for the bot, as in a group. */
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, BOB, openTelegramWorld } from '../../testing/telegram-world.ts';

const CHAT = `telegram:dm:${ALICE.id}`;

test('two topics of a private chat are two conversations beside the chat itself, each answered where it was asked', async () => {
  const world = await openTelegramWorld();
  const { telegram, gateway } = world;
  world.say('before there were topics');
  await world.reply((text) => text.endsWith('before there were topics'));
  telegram.say({ chat: ALICE.id, from: ALICE, text: 'tokens=30 interval=20ms about cooking', topic: 8 });
  telegram.say({ chat: ALICE.id, from: ALICE, text: 'tokens=30 interval=20ms about work', topic: 9 });
  await until(
    'both drafts at once',
    () => new Set(telegram.chats.drafts(ALICE.id).map(({ id }) => id)).size === 2,
  );
  for (const { topic, text } of telegram.chats.drafts(ALICE.id))
    expect(text).toContain(topic === 8 ? 'about cooking' : 'about work');
  await world.reply((text) => text.includes('about cooking') && text.endsWith('word29'));
  await world.reply((text) => text.includes('about work') && text.endsWith('word29'));
  world.say('and after');
  await world.reply((text) => text.endsWith('and after'));
  const answered = telegram
    .replies(ALICE.id)
    .map(({ topic, text }) => [topic, / (\w+ \w+)( word\d+)*$/.exec(text)?.[1]]);
  expect(answered).toEqual(
    expect.arrayContaining([
      [null, 'were topics'],
      [8, 'about cooking'],
      [9, 'about work'],
      [null, 'and after'],
    ]),
  );
  const typed = telegram.calls('sendChatAction').map(({ payload }) => payload.message_thread_id);
  expect(new Set(typed)).toEqual(new Set([undefined, 8, 9]));
  const { items } = (await gateway.call('GET', '/api/sessions')).body;
  expect(items.map(({ key }: { key: string }) => key).toSorted()).toEqual([
    CHAT,
    `${CHAT}:topic:8`,
    `${CHAT}:topic:9`,
  ]);
  const runs = gateway.agent?.stats().runs ?? [];
  expect(new Set(runs.map(({ session }) => session)).size).toBe(3);
  expect(runs[0]?.session).toBe(runs[3]?.session);
});

test('what is sent to a topic of somebody who may talk arrives there; of nobody else', async () => {
  const world = await openTelegramWorld();
  world.say('hello');
  await world.reply((text) => text.endsWith('hello'));
  const send = async (channel: string) =>
    (await world.gateway.call('POST', '/api/deliver', { body: { channel, text: `for ${channel}` } })).status;
  expect(await send(`${CHAT}:topic:8`)).toBe(202);
  expect(await send(`telegram:dm:${BOB.id}:topic:8`)).toBeGreaterThanOrEqual(400);
  await world.reply((text) => text.startsWith('for '));
  expect(world.telegram.replies(ALICE.id).at(-1)?.topic).toBe(8);
});

test('a stranger in a topic is told his code there; let in, he may talk in all of them, and not after he was revoked', async () => {
  const world = await openTelegramWorld();
  const { telegram, gateway } = world;
  const say = (text: string, topic: number) => telegram.say({ chat: BOB.id, from: BOB, text, topic });
  say('let me in', 3);
  await world.reply((text) => text.includes('code'), BOB.id);
  expect(telegram.replies(BOB.id)[0]?.topic).toBe(3);
  const { pending } = (await gateway.call('GET', '/api/pairings')).body;
  await gateway.call('POST', `/api/pairings/${pending[0].code}/approve`, { body: {} });
  say('in another one', 4);
  await world.reply((text) => text.endsWith('in another one'), BOB.id);
  say('and on interval=100ms tokens=100', 3);
  await until('the run', () => gateway.agent?.stats().runs.length === 2);
  world.say(`/revoke telegram:${BOB.id}`);
  await world.reply((text) => text.includes('may not talk'));
  await until('its end', () => gateway.agent?.stats().runs[1]?.end === 'cancelled');
});
