import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BOT_ID, BOT_NAME } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import {
  ALICE,
  BOB,
  GROUP,
  MALLORY,
  openTelegramWorld,
  type TelegramWorld,
} from '../../testing/telegram-world.ts';

const CODE = /code is ([A-HJKMNP-Z2-9]{8})/;

async function codeFor(
  world: TelegramWorld,
  person: typeof BOB | typeof MALLORY,
  text: string,
): Promise<string> {
  world.telegram.say({ chat: person.id, from: person, text });
  const answer = await world.reply((one) => CODE.test(one), person.id);
  return CODE.exec(answer)?.[1] ?? '';
}

function prompts(world: TelegramWorld): string[] {
  return world.gateway.agent?.stats().runs.map(({ prompt }) => prompt) ?? [];
}

/** Everything written has been dealt with: what comes later is answered after it. */
async function settled(world: TelegramWorld): Promise<void> {
  const mark = `mark ${prompts(world).length}`;
  world.say(mark);
  await world.reply((text) => text === `You said: ${mark}`);
}

test('a stranger gets a code; his words reach neither the model nor the history nor the disk', async () => {
  const world = await openTelegramWorld();
  const code = await codeFor(world, MALLORY, 'my-unmistakable-words');
  expect(code).toMatch(/^[A-Z2-9]{8}$/);
  await settled(world);
  expect(prompts(world).join()).not.toContain('unmistakable');
  const { body } = await world.gateway.call('GET', '/api/sessions');
  expect(body.items.map(({ key }: { key: string }) => key)).toEqual([`telegram:dm:${ALICE.id}`]);
  await world.gateway.close();
  const folder = join(world.gateway.home, 'gateway');
  for (const name of readdirSync(folder).filter((one) => one.startsWith('gateway.db'))) {
    expect(readFileSync(join(folder, name)).includes('unmistakable')).toBe(false);
  }
});

test('a stranger is told once an hour, also when his message comes twice', async () => {
  const world = await openTelegramWorld();
  await codeFor(world, MALLORY, 'hi');
  world.telegram.redeliver();
  world.telegram.say({ chat: MALLORY.id, from: MALLORY, text: 'hello??' });
  await settled(world);
  expect(world.texts(MALLORY.id)).toHaveLength(1);
});

test('three may wait; a fourth gets no code', async () => {
  const world = await openTelegramWorld();
  for (const id of [901, 902, 903, 904]) {
    world.telegram.say({ chat: id, from: { id, first_name: `S${id}` }, text: 'hi' });
  }
  await settled(world);
  await until('three codes', () => [901, 902, 903].every((id) => world.texts(id).length === 1));
  expect(world.texts(904)).toEqual([expect.stringContaining('write again in an hour')]);
  const { body } = await world.gateway.call('GET', '/api/pairings');
  expect(body.pending).toHaveLength(3);
});

test('the owner lets a stranger in by the API, as a guest, and takes it back', async () => {
  const world = await openTelegramWorld();
  const code = await codeFor(world, BOB, 'hi');
  const approved = await world.gateway.call('POST', `/api/pairings/${code}/approve`, { body: {} });
  expect(approved.body).toMatchObject({ user: String(BOB.id), role: 'guest' });
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'now then' });
  await world.reply((text) => text === 'You said: now then', BOB.id);
  expect(prompts(world).at(-1)).toContain('note: The sender is a guest, not your owner.');
  expect((await world.gateway.call('POST', `/api/pairings/telegram:${BOB.id}/revoke`)).status).toBe(204);
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'and now' });
  await settled(world);
  expect(prompts(world).join()).not.toContain('and now');
  expect((await world.gateway.call('POST', `/api/pairings/${code}/approve`, { body: {} })).status).toBe(404);
});

test('the owner lets a stranger in by a message; a guest cannot, and sees no command of the owner', async () => {
  const world = await openTelegramWorld();
  const code = await codeFor(world, BOB, 'hi');
  world.say(`/approve ${code.toLowerCase()}`);
  await world.reply((text) => text.includes('may talk to me now, as guest'));
  const other = await codeFor(world, MALLORY, 'hi');
  world.telegram.say({ chat: BOB.id, from: BOB, text: `/approve ${other}` });
  await world.reply((text) => text.startsWith('You said: /approve'), BOB.id); // to the model, which can do nothing
  world.telegram.say({ chat: BOB.id, from: BOB, text: '/help' });
  const help = await world.reply((text) => text.includes('/stop'), BOB.id);
  expect(help).not.toContain('/approve');
  const { body } = await world.gateway.call('GET', '/api/pairings');
  expect(body.pending).toHaveLength(1);
});

test('the first to be let in where no owner is named becomes the owner only if somebody says so', async () => {
  const world = await openTelegramWorld({ env: { TELEGRAM_ALLOWED_USERS: '' } });
  const code = await codeFor(world, BOB, 'hi');
  const approve = (body: object) => world.gateway.call('POST', `/api/pairings/${code}/approve`, { body });
  const refused = await approve({});
  expect(refused).toMatchObject({ status: 409, body: { type: '/problems/role-needed' } });
  const approved = await approve({ role: 'owner' });
  expect(approved.body.role).toBe('owner');
  const next = await codeFor(world, MALLORY, 'hi');
  expect((await world.gateway.call('POST', `/api/pairings/${next}/approve`, { body: {} })).body.role).toBe(
    'guest',
  );
});

test('a group is closed until the owner opens it, and then hears who mentions Moby or replies to him', async () => {
  const world = await openTelegramWorld();
  const mention = (text: string) => ({
    text: `@${BOT_NAME} ${text}`,
    entities: [{ type: 'mention', offset: 0, length: BOT_NAME.length + 1 }],
  });
  world.telegram.say({ chat: GROUP, from: BOB, ...mention('closed?') });
  world.telegram.say({ chat: GROUP, from: ALICE, ...mention('closed?') });
  await world.reply((text) => text.includes('/allow'), GROUP);
  world.telegram.say({ chat: GROUP, from: ALICE, text: `/allow@${BOT_NAME}` });
  await world.reply((text) => text.includes('I answer here from now on'), GROUP);
  world.telegram.say({ chat: GROUP, from: BOB, text: 'not for Moby' });
  world.telegram.say({ chat: GROUP, from: BOB, ...mention('what time is it') });
  await world.reply((text) => text === 'You said: what time is it', GROUP);
  const answer = world.telegram.replies(GROUP).find(({ text }) => text.includes('what time'));
  world.telegram.say({ chat: GROUP, from: BOB, text: 'are you sure', replyTo: answer?.id ?? 0 });
  await world.reply((text) => text === 'You said: are you sure', GROUP);
  const runs = prompts(world);
  expect(runs).toHaveLength(2);
  expect(runs[0]).toContain('note: Written in the group "Family"');
  expect(runs[1]).toContain('note: It replies to your message: "You said: what time is it"');
  expect(runs[1]).toContain(`sender: "Bob" (telegram:${BOB.id})`);
});

test('other bots and the words of commands for other bots are not heard in a group', async () => {
  const world = await openTelegramWorld();
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, { body: {} });
  const robot = { id: 99, first_name: 'Robot', is_bot: true };
  const entities = [{ type: 'text_mention', offset: 0, length: 4, user: { id: BOT_ID } }];
  world.telegram.say({ chat: GROUP, from: robot, text: 'Moby hi', entities });
  world.telegram.say({ chat: GROUP, from: BOB, text: '/play@other_bot song' });
  world.telegram.say({ chat: GROUP, from: BOB, text: '/play song' });
  await settled(world);
  expect(prompts(world)).toHaveLength(1);
  world.telegram.say({ chat: GROUP, from: BOB, text: '/queue' });
  await world.reply((text) => text.includes('Queue mode'), GROUP);
});

test('each topic of a group is a conversation of its own', async () => {
  const world = await openTelegramWorld();
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, {
    body: { mention: false },
  });
  world.telegram.say({ chat: GROUP, from: BOB, text: 'in seven', topic: 7 });
  world.telegram.say({ chat: GROUP, from: BOB, text: 'in eight', topic: 8 });
  await world.reply((text) => text === 'You said: in seven', GROUP);
  await world.reply((text) => text === 'You said: in eight', GROUP);
  expect(
    world.telegram
      .replies(GROUP)
      .map(({ text, topic }) => `${text} ${topic}`)
      .toSorted(),
  ).toEqual(['You said: in eight 8', 'You said: in seven 7']);
  const { body } = await world.gateway.call('GET', '/api/sessions');
  expect(body.items).toHaveLength(2);
});

test('a group that becomes a supergroup stays open', async () => {
  const world = await openTelegramWorld();
  await world.gateway.call('POST', `/api/channels/telegram:group:-7/allow`, { body: { mention: false } });
  const chat = { id: -7, type: 'group', title: 'Old' };
  const service = { message_id: 1, date: 1, chat, from: ALICE, migrate_to_chat_id: GROUP };
  world.telegram.chats.update({ message: service });
  world.telegram.say({ chat: GROUP, from: BOB, text: 'still here?' });
  await world.reply((text) => text === 'You said: still here?', GROUP);
});

test('a sender who writes too fast is told so, and what was not taken is not answered', async () => {
  const world = await openTelegramWorld({ env: { MOBYCLAW_QUEUE_MODE: 'collect' } });
  for (let index = 0; index < 35; index++) world.say(`m${index}`);
  await world.reply((text) => text.startsWith('You write faster'));
  await until('the answers', () => prompts(world).join().includes('m29'));
  expect(prompts(world).join()).not.toContain('m30');
  expect(world.texts().filter((text) => text.startsWith('You write faster'))).toHaveLength(1);
});
