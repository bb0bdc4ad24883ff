/** From what somebody sends to the prompt: what belongs together, what it is made of, and how it is taken back. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BOT_NAME } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';
import { startTranscriber } from '../../testing/transcriber.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const MENTION = [{ type: 'mention', offset: 0, length: BOT_NAME.length + 1 }];

function prompts(world: TelegramWorld): string[] {
  return world.gateway.agent?.stats().runs.map(({ prompt }) => prompt) ?? [];
}

/** Of the newest turn. */
function attachments(world: TelegramWorld): unknown[] {
  const database = new DatabaseSync(join(world.gateway.home, 'gateway/gateway.db'), { readOnly: true });
  const [row] = database.prepare('SELECT attachments FROM turns ORDER BY seq DESC LIMIT 1').all();
  database.close();
  return JSON.parse(String(row?.attachments ?? '[]'));
}

function alice(more: object) {
  return { chat: ALICE.id, from: ALICE, ...more };
}

test('while a voice message is transcribed Moby is typing and has seen it; /stop takes it back', async () => {
  const transcriber = await startTranscriber('never mind');
  const gate = Promise.withResolvers<void>();
  transcriber.gate = gate.promise;
  const world = await openTelegramWorld({ env: transcriber.env });
  const id = world.telegram.say(alice({ voice: Buffer.from('ogg') }));
  await until('the transcription', () => transcriber.heard.length > 0);
  await until('typing', () => world.telegram.calls('sendChatAction').length > 0);
  await until('the receipt', () => world.telegram.chats.find(ALICE.id, id)?.reaction === '👀');
  world.say('/stop');
  await world.reply((text) => text === 'Stopped: 1 waiting message cancelled.');
  gate.resolve();
  world.say('and now');
  await world.reply((text) => text === 'You said: and now');
  expect(prompts(world)).toHaveLength(1);
  await world.restart();
  world.say('after');
  await world.reply((text) => text === 'You said: after');
  expect(prompts(world).join()).not.toContain('never mind');
});

test('what is answered at once gets no reaction', async () => {
  const world = await openTelegramWorld();
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  expect(world.telegram.calls('setMessageReaction')).toEqual([]);
});

test('a text that the app has cut is one message, whatever follows it', async () => {
  const world = await openTelegramWorld();
  const parts = ['a'.repeat(4096), `${'b '.repeat(1500)}`.trim(), 'and the end'];
  for (const text of parts) world.say(text);
  await world.reply((text) => text.endsWith('and the end'));
  world.say('another');
  await world.reply((text) => text === 'You said: another');
  expect(prompts(world)).toHaveLength(2);
  expect(prompts(world)[0]).toContain(`${'a'.repeat(4096)}${'b '.repeat(1500).trim()}\nand the end`);
});

test('a long text is answered when nothing follows; a command after it is a command', async () => {
  const world = await openTelegramWorld();
  world.say(`${'word '.repeat(600)}end`);
  world.say('/queue');
  await world.reply((text) => text.includes('Queue mode'));
  await world.reply((text) => text.endsWith('end'));
  expect(prompts(world)).toHaveLength(1);
});

test('of a text that was cut while Moby was killed, the parts still find together', async () => {
  const world = await openTelegramWorld();
  world.say('x'.repeat(4096));
  await until('the first part to be taken', () => world.telegram.chats.pending.length === 0);
  await world.gateway.close(0);
  const database = new DatabaseSync(join(world.gateway.home, 'gateway/gateway.db'));
  database.exec('UPDATE arrivals SET received_at = received_at - 60000'); // it came up again after a minute
  database.close();
  world.say('the rest');
  await world.restart();
  await world.reply((text) => text.endsWith('the rest'));
  expect(prompts(world)).toHaveLength(1);
});

test('in a group, what goes on after a mention needs no mention of its own', async () => {
  const world = await openTelegramWorld();
  world.telegram.say({ chat: GROUP, from: ALICE, text: `/allow@${BOT_NAME}` });
  await world.reply((text) => text.includes('I answer here'), GROUP);
  const long = 'y'.repeat(4096 - BOT_NAME.length - 2);
  world.telegram.say({ chat: GROUP, from: BOB, text: `@${BOT_NAME} ${long}`, entities: MENTION });
  world.telegram.say({ chat: GROUP, from: ALICE, text: 'not for him' });
  world.telegram.say({ chat: GROUP, from: BOB, text: 'the rest' });
  await world.reply((text) => text.endsWith('the rest'), GROUP);
  expect(prompts(world).at(-1)).not.toContain('not for him');
  const album = { photo: PNG, album: 'a1' };
  const text = `@${BOT_NAME} look`;
  world.telegram.say({ chat: GROUP, from: BOB, ...album, text, entities: MENTION });
  world.telegram.say({ chat: GROUP, from: BOB, ...album });
  await world.reply((one) => one.startsWith('You said: look'), GROUP);
  expect(attachments(world)).toHaveLength(2);
});

test.each([
  [`/weather@${BOT_NAME} Berlin`, '/weather Berlin'],
  [`/weather@${BOT_NAME.toUpperCase()}  tomorrow`, '/weather tomorrow'],
])('a command that Moby does not know, %s, is said to him all the same', async (text, said) => {
  const world = await openTelegramWorld();
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, {
    body: { mention: true },
  });
  const [command = ''] = text.split(' ');
  const entities = [{ type: 'bot_command', offset: 0, length: command.length }];
  const other = [{ type: 'bot_command', offset: 0, length: '/weather@other_bot'.length }];
  world.telegram.say({ chat: GROUP, from: BOB, text: '/weather@other_bot Paris', entities: other });
  world.telegram.say({ chat: GROUP, from: BOB, text, entities });
  await world.reply((one) => one === `You said: ${said}`, GROUP);
  expect(prompts(world)).toHaveLength(1);
});

test('changing the words of one picture leaves those of the others', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=60 interval=50ms');
  await until('the first to run', () => prompts(world).length === 1);
  const [first] = ['the roof', 'the celler'].map((text) =>
    world.telegram.say(alice({ text, photo: PNG, album: 'a1' })),
  );
  await world.draft((text) => text.includes('One more message is queued'));
  world.telegram.edit(ALICE.id, (first ?? 0) + 1, ALICE, 'the cellar');
  await world.reply((text) => text.startsWith('You said: the roof\n\nthe cellar'));
});

test('an edit that mentions Moby for the first time is a message', async () => {
  const world = await openTelegramWorld();
  world.telegram.say({ chat: GROUP, from: ALICE, text: `/allow@${BOT_NAME}` });
  await world.reply((text) => text.includes('I answer here'), GROUP);
  const id = world.telegram.say({ chat: GROUP, from: BOB, text: 'what time is it' });
  await until('it to be passed over', () => world.telegram.chats.pending.length === 0);
  world.telegram.edit(GROUP, id, BOB, `@${BOT_NAME} what time is it`, MENTION);
  await world.reply((text) => text === 'You said: what time is it', GROUP);
});

test('a forwarded text is marked as material, and is no command', async () => {
  const world = await openTelegramWorld();
  const forward_origin = { type: 'hidden_user', sender_user_name: 'Mallory', date: 1 };
  world.telegram.say(alice({ text: '/stop', more: { forward_origin } }));
  await world.reply((text) => text === 'You said: /stop');
  expect(prompts(world)[0]).toContain('note: It was forwarded, from "Mallory", whole or in part');
});

test('a reply to a picture brings the picture', async () => {
  const world = await openTelegramWorld();
  world.telegram.say({ chat: GROUP, from: ALICE, text: `/allow@${BOT_NAME}` });
  await world.reply((text) => text.includes('I answer here'), GROUP);
  const replyTo = world.telegram.say({ chat: GROUP, from: BOB, photo: PNG });
  const text = `@${BOT_NAME} what is this?`;
  world.telegram.say({ chat: GROUP, from: ALICE, text, entities: MENTION, replyTo });
  await world.reply((one) => one === 'You said: what is this?', GROUP);
  expect(prompts(world).at(-1)).toContain(
    'note: It replies to a message of "Bob", which came with "photo.jpg"',
  );
  expect(attachments(world)).toMatchObject([{ name: 'photo.jpg' }]);
});

test('a story is answered with what Moby can look at', async () => {
  const world = await openTelegramWorld();
  world.telegram.say(alice({ more: { story: {} } }));
  await world.reply((text) => text.includes('I cannot look at a story'));
});
