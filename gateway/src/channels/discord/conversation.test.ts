import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openDiscordWorld } from '../../testing/discord-world.ts';

test('a person writes and gets the answer, as a reply to the message', async () => {
  const world = await openDiscordWorld();
  const { id } = world.say('hello there');
  await world.reply((text) => text === 'You said: hello there');
  const shown = world.discord.shown(world.home);
  expect(shown).toHaveLength(1);
  expect(shown[0]?.message_reference?.message_id).toBe(id);
});

test('an answer that takes its time streams into one message, with typing, and ends complete', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=60 interval=60ms');
  const { calls } = world.discord.rest;
  await until('typing', () => calls.some(({ path }) => path.endsWith('/typing')));
  await world.reply((text) => text.endsWith('word59'));
  expect(world.texts()).toHaveLength(1);
  const edits = calls.filter(({ method }) => method === 'PATCH');
  expect(edits.length).toBeGreaterThan(1);
  expect(edits.length).toBeLessThan(8); // about one a second
});

test('an answer of 9,000 characters arrives whole and in order', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=1300');
  await world.reply((text) => text.endsWith('word1299'));
  const texts = world.texts();
  expect(texts.length).toBeGreaterThan(4);
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(2000);
  const words = Array.from({ length: 1297 }, (_, index) => `word${index + 3}`);
  expect(texts.join('').replaceAll(' ', '')).toBe(`Yousaid:tokens=1300${words.join('')}`);
});

test('in a server Moby answers to his name, to his role and to a reply, once the owner has let him in', async () => {
  const world = await openDiscordWorld();
  const { discord, alice } = world;
  const channel = discord.world.channel('general');
  const bot = discord.world.bot.id;
  world.say('/allow', channel);
  await world.reply((text) => text.length > 0, channel);
  world.say('talking among ourselves', channel);
  world.say(`<@${bot}> by name`, channel);
  await world.reply((text) => text === 'You said: by name', channel);
  world.say(`by role <@&${discord.world.botRole}>`, channel);
  await world.reply((text) => text === 'You said: by role', channel);
  const [answer] = discord.shown(channel).slice(-1);
  discord.say(channel, alice, 'by reply', { replyTo: answer?.id ?? '' });
  await world.reply((text) => text === 'You said: by reply', channel);
  expect(world.texts(channel).filter((text) => text.includes('ourselves'))).toEqual([]);
});

test('a thread of an allowed channel is open, and a conversation of its own', async () => {
  const world = await openDiscordWorld();
  const { discord } = world;
  const channel = discord.world.channel('general');
  world.say('/allow', channel);
  await world.reply((text) => text.length > 0, channel);
  const thread = discord.world.thread('a topic', channel);
  world.say(`<@${discord.world.bot.id}> in here`, thread);
  await world.reply((text) => text === 'You said: in here', thread);
  expect(world.texts(channel)).toHaveLength(1);
  const body = { channel: `discord:channel:${thread.id}`, text: 'a reminder' };
  expect((await world.gateway.call('POST', '/api/deliver', { body })).status).toBeLessThan(300);
  await world.reply((text) => text === 'a reminder', thread);
});

test('allowing a thread opens its channel; another channel stays closed', async () => {
  const world = await openDiscordWorld();
  const { discord } = world;
  const mention = `<@${discord.world.bot.id}>`;
  const channel = discord.world.channel('general');
  const thread = discord.world.thread('a topic', channel);
  world.say('/allow', thread);
  await world.reply((text) => text.length > 0, thread);
  world.say(`${mention} out here`, channel);
  await world.reply((text) => text === 'You said: out here', channel);
  const other = discord.world.thread('elsewhere', discord.world.channel('random'));
  world.say(`${mention} and there`, other);
  await world.reply((text) => text.includes('/allow'), other);
});

test('what has to wait gets a reaction', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=40 interval=50ms');
  await until('the first to run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  const { id } = world.say('second');
  await until('the reaction', () =>
    world.discord.rest.calls.some(
      ({ method, path }) => method === 'PUT' && path.endsWith(`/${id}/reactions/%F0%9F%91%80/@me`),
    ),
  );
  await world.reply((text) => text === 'You said: second');
});

test('a stranger gets a code, and what he wrote goes no further', async () => {
  const world = await openDiscordWorld();
  const { discord } = world;
  const stranger = discord.world.person('Mallory');
  const chat = discord.world.direct(stranger);
  discord.say(chat, stranger, 'let me in');
  const text = await world.reply((one) => one.length > 0, chat);
  expect(text).toMatch(/[A-Z0-9]{8}/);
  expect(world.gateway.agent?.stats().runs).toEqual([]);
});

test('commands are in the menu, and one picked there is answered while a turn runs', async () => {
  const world = await openDiscordWorld();
  const { discord, alice, home } = world;
  await until('the menu', () => discord.rest.commands.some(({ name }) => name === 'stop'));
  world.say('tokens=2000 interval=20ms');
  await until('the run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  const { id } = discord.command(home, alice, 'stop');
  await world.reply((text) => text === 'Stopped.');
  await until('the acknowledgement', () =>
    discord.rest.calls.some(({ path }) => path.startsWith(`/interactions/${id}/`)),
  );
});

test('an edit counts while the message waits', async () => {
  const world = await openDiscordWorld();
  world.say('first tokens=30 interval=100ms');
  await until('the first to run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  const message = world.say('secnod');
  await world.reply((text) => text.includes('Queued'));
  world.discord.world.change(message, 'second');
  await world.reply((text) => text === 'You said: second');
});
