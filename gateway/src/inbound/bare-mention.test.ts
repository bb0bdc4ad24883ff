/** "@moby" under somebody's question, and "@moby" alone, on each platform. */
import { BOT_NAME } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { expect, test } from 'vitest';
import type { Baileys } from '../channels/whatsapp/library.ts';
import { openDiscordWorld } from '../testing/discord-world.ts';
import type { Harness } from '../testing/harness.ts';
import * as slackWorld from '../testing/slack-world.ts';
import * as telegramWorld from '../testing/telegram-world.ts';
import { whatsAppLibrary } from '../testing/whatsapp-library.ts';
import * as whatsAppWorld from '../testing/whatsapp-world.ts';

const library = await whatsAppLibrary();
const QUESTION = `When does the bakery open? ${'It used to be at seven. '.repeat(20)}\nAnd the other one?`;

/** The one turn is the question, whole and as somebody else's word, and not the mention alone. */
function checkTurn({ agent }: Harness): void {
  const prompts = (agent?.stats().runs ?? []).map(({ prompt }) => prompt);
  expect(prompts).toHaveLength(1);
  const asked = prompts[0]?.slice(prompts[0].indexOf('[/moby-context]')) ?? '';
  expect(asked).toContain('Answer that message.');
  const quoted = QUESTION.split('\n').map((line) => `> ${line.trim()}`);
  expect(asked.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(quoted));
}

test('Telegram', async () => {
  const { telegram, gateway, reply } = await telegramWorld.openTelegramWorld();
  const { GROUP: chat, ALICE, BOB } = telegramWorld;
  await gateway.call('POST', `/api/channels/telegram:group:${chat}/allow`, { body: {} });
  const text = `@${BOT_NAME}`;
  const entities = [{ type: 'mention', offset: 0, length: text.length }];
  telegram.say({ chat, from: BOB, text, entities });
  await reply((answer) => answer === 'Yes?', chat);
  const replyTo = telegram.say({ chat, from: BOB, text: QUESTION });
  telegram.say({ chat, from: ALICE, text, entities, replyTo });
  await reply((answer) => answer.includes('Answer that message.'), chat);
  checkTurn(gateway);
});

test('Discord', async () => {
  const { discord, gateway, alice, reply } = await openDiscordWorld();
  const channel = discord.world.channel('general');
  const bob = discord.world.person('Bob');
  await gateway.call('POST', `/api/channels/discord:channel:${channel.id}/allow`, { body: {} });
  const mention = `<@${discord.world.bot.id}>`;
  discord.say(channel, bob, mention);
  await reply((answer) => answer === 'Yes?', channel);
  const { id: replyTo } = discord.say(channel, bob, QUESTION);
  discord.say(channel, alice, mention, { replyTo });
  await reply((answer) => answer.includes('Answer that message.'), channel);
  checkTurn(gateway);
});

test('Slack', async () => {
  const { slack, gateway, reply } = await slackWorld.openSlackWorld();
  const { GENERAL: channel, ALICE, BOB } = slackWorld;
  await gateway.call('POST', `/api/channels/slack:channel:${channel}/allow`, { body: {} });
  const mention = '<@U0MOBY>';
  slack.say({ channel, user: BOB, text: mention });
  await reply((answer) => answer === 'Yes?', channel);
  const { ts: thread } = slack.say({ channel, user: BOB, text: QUESTION });
  slack.say({ channel, user: ALICE, text: mention, thread });
  await reply((answer) => answer.includes('Answer that message.'), channel);
  checkTurn(gateway);
});

test.skipIf(library === null)('WhatsApp', async () => {
  const { whatsApp, gateway, alice, reply } = await whatsAppWorld.openWhatsAppWorld(library as Baileys);
  const { GROUP: group, BOB } = whatsAppWorld;
  const bob = whatsApp.person(BOB);
  await gateway.call('POST', `/api/channels/whatsapp:group:${group}/allow`, { body: {} });
  const text = '@15550001111';
  const contextInfo = { mentionedJid: ['15550001111@s.whatsapp.net'] };
  whatsApp.say({ from: bob, group, message: { extendedTextMessage: { text, contextInfo } } });
  await reply((answer) => answer === 'Yes?', bob, group);
  const stanzaId = whatsApp.say({ from: bob, group, text: QUESTION });
  const quotedMessage = { conversation: QUESTION };
  const answering = { ...contextInfo, stanzaId, participant: bob.jid, quotedMessage };
  whatsApp.say({ from: alice, group, message: { extendedTextMessage: { text, contextInfo: answering } } });
  await reply((answer) => answer.includes('Answer that message.'), bob, group);
  checkTurn(gateway);
});
