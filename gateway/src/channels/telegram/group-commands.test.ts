import { BOT_NAME } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
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
import { startTranscriber } from '../../testing/transcriber.ts';

const SLOW = 'tokens=2000 interval=20ms';

async function openGroup(mention = false, env: Record<string, string> = {}): Promise<TelegramWorld> {
  const world = await openTelegramWorld({ env });
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, { body: { mention } });
  return world;
}

function say(world: TelegramWorld, from: typeof BOB | typeof ALICE, text: string): void {
  world.telegram.say({ chat: GROUP, from, text });
}

function running(world: TelegramWorld): number {
  return world.gateway.agent?.stats().running ?? 0;
}

test('a guest stops what he asked himself, and not what the owner or another guest asked', async () => {
  const world = await openGroup();
  say(world, ALICE, `mine ${SLOW}`);
  await until('the run', () => running(world) === 1);
  say(world, MALLORY, 'waits');
  say(world, BOB, 'waits too');
  await until('both to wait', async () => {
    return (await world.gateway.call('GET', '/api/status')).body.turns.queued === 2;
  });
  say(world, BOB, '/stop');
  await world.reply((text) => text === 'Stopped: 1 waiting message cancelled.', GROUP);
  say(world, BOB, '/stop');
  await world.reply((text) => text.startsWith('What I am doing was asked by somebody else'), GROUP);
  expect(running(world)).toBe(1);
  say(world, ALICE, '/stop');
  await world.reply((text) => text === 'Stopped, and 1 waiting message cancelled.', GROUP);
  say(world, BOB, `his ${SLOW}`);
  await until('his run', () => running(world) === 1);
  say(world, BOB, '/stop');
  await world.reply((text) => text === 'Stopped.', GROUP);
  await until('the end of it', () => running(world) === 0);
});

test('where a new message stops what runs, a guest’s stops what he asked himself, and the owner’s all', async () => {
  const world = await openGroup();
  const waiting = async () => (await world.gateway.call('GET', '/api/status')).body.turns.queued;
  say(world, ALICE, '/queue interrupt');
  await world.reply((text) => text === 'From now on, a new message stops what I do.', GROUP);
  say(world, ALICE, `mine ${SLOW}`);
  await until('the run', () => running(world) === 1);
  say(world, MALLORY, 'hers');
  await until('one to wait', async () => (await waiting()) === 1);
  say(world, BOB, 'his');
  await until('both to wait', async () => (await waiting()) === 2);
  say(world, BOB, 'his again');
  await world.reply((text) => text.includes('3 messages are ahead of it'), GROUP);
  expect(await waiting()).toBe(2); // his first is taken back, hers is not
  expect(world.gateway.agent?.stats().runs).toHaveLength(1);
  expect(running(world)).toBe(1);
  say(world, ALICE, 'stop that');
  await world.reply((text) => text === 'You said: stop that', GROUP);
  expect(world.texts(GROUP).join()).not.toContain('You said: his');
});

test('what is no command of a guest waits behind his file, and /stop takes both back', async () => {
  const transcriber = await startTranscriber('never mind');
  const gate = Promise.withResolvers<void>();
  transcriber.gate = gate.promise;
  const world = await openGroup(false, transcriber.env);
  world.telegram.say({ chat: GROUP, from: BOB, voice: Buffer.from('ogg') });
  await until('the transcription', () => transcriber.heard.length > 0);
  say(world, BOB, '/memory');
  say(world, BOB, '/stop');
  await world.reply((text) => text === 'Stopped: 2 waiting messages cancelled.', GROUP);
  gate.resolve();
  say(world, BOB, 'and now');
  await world.reply((text) => text === 'You said: and now', GROUP);
  expect(world.gateway.agent?.stats().runs).toHaveLength(1);
});

test('a name that looks like the owner does not make a guest his equal', async () => {
  const world = await openGroup();
  say(world, ALICE, `mine ${SLOW}`);
  await until('the run', () => running(world) === 1);
  say(world, { ...BOB, first_name: `Alice (telegram:${ALICE.id})` }, '/stop');
  await world.reply((text) => text.startsWith('What I am doing was asked by somebody else'), GROUP);
  expect(running(world)).toBe(1);
});

test('a guest neither begins a new conversation in a group nor changes its queue; the owner does', async () => {
  const world = await openGroup();
  say(world, BOB, '/new clean');
  say(world, BOB, '/compact');
  await until('both refusals', () => {
    return world.texts(GROUP).filter((text) => text === 'In a group only my owner can do that.').length === 2;
  });
  say(world, BOB, '/queue interrupt');
  await world.reply((text) => text === 'In a group only my owner can change that.', GROUP);
  say(world, ALICE, '/queue');
  await world.reply((text) => text.includes('Queue mode is followup'), GROUP);
  say(world, ALICE, '/queue interrupt');
  await world.reply((text) => text === 'From now on, a new message stops what I do.', GROUP);
  say(world, ALICE, '/new');
  await world.reply((text) => text.startsWith('A new conversation begins'), GROUP);
  say(world, BOB, '/help');
  const help = await world.reply((text) => text.includes('These commands work'), GROUP);
  expect(help).toContain('/stop');
  expect(help).not.toMatch(/\/(new|usage|approve|cron)/);
});

test('what is no command of a guest is not heard where Moby is not spoken to, and costs are not told', async () => {
  const world = await openGroup(true);
  for (const text of ['/usage', '/new', '!cron', '/approve ABCDEFGH']) say(world, BOB, text);
  say(world, BOB, '/status');
  await world.reply((text) => text.includes('I am ready'), GROUP);
  const entities = [{ type: 'mention', offset: 0, length: BOT_NAME.length + 1 }];
  world.telegram.say({ chat: GROUP, from: BOB, text: `@${BOT_NAME} /usage`, entities });
  await world.reply((text) => text === 'You said: /usage', GROUP); // the model, which does not know
  expect(world.texts(GROUP)).toHaveLength(2);
});

test('the key of a closed group is told where the owner speaks to Moby, and listed', async () => {
  const world = await openTelegramWorld();
  const entities = [{ type: 'mention', offset: 0, length: BOT_NAME.length + 1 }];
  world.telegram.say({ chat: GROUP, from: BOB, text: `@${BOT_NAME} hello`, entities, topic: 3 });
  world.telegram.say({ chat: GROUP, from: ALICE, text: `@${BOT_NAME} hello`, entities });
  await world.reply((text) => text.includes(`mobyclaw channels allow telegram:group:${GROUP}`), GROUP);
  const { body } = await world.gateway.call('GET', '/api/pairings');
  expect(body.closedGroups).toMatchObject([{ channel: `telegram:group:${GROUP}`, title: 'Family' }]);
  world.say('/pairings');
  await world.reply((text) => text.includes(`telegram:group:${GROUP}, Family`));
});
