import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

async function channel(world: TelegramWorld) {
  return (await world.gateway.call('GET', '/api/channels')).body.items[0];
}

async function answers(world: TelegramWorld): Promise<void> {
  world.say(`are you well ${world.telegram.chats.messages.length}`);
  const [said] = world.telegram.chats.messages.slice(-1);
  await world.reply((text) => text === `You said: ${said?.text}`);
}

test('a token that is revoked stops the channel with a clear line, and the gateway lives', async () => {
  const world = await openTelegramWorld();
  world.telegram.revoke();
  await until('the channel to stop', async () => (await channel(world)).state === 'stopped');
  const status = await channel(world);
  expect(status).toMatchObject({ fatal: true, reason: expect.stringContaining('TELEGRAM_BOT_TOKEN') });
  const polls = world.telegram.polls();
  expect((await world.gateway.ask('hello')).status).toBe(200);
  expect((await world.gateway.call('GET', '/api/status')).body.channels).toEqual([status]);
  expect(world.telegram.polls()).toBe(polls);
  expect(JSON.stringify(status)).not.toContain(world.telegram.token);
});

test('a second program on the same token is named in the status, and the channel comes back', async () => {
  const world = await openTelegramWorld();
  await until('a poll', () => world.telegram.polling());
  world.telegram.pollElsewhere();
  await until('the conflict to be told', async () =>
    (await channel(world)).reason?.includes('Another program'),
  );
  await until('the channel to be back', async () => (await channel(world)).state === 'up');
  await answers(world);
});

test('a poll that never comes back is given up, and a new connection is made', async () => {
  const world = await openTelegramWorld();
  await until('a poll', () => world.telegram.polling());
  world.telegram.faults.plan('getUpdates', { how: 'hang' });
  await until('a new connection', async () => (await channel(world)).connects > 1, 20_000);
  await answers(world);
});

test('dropped connections and an outage heal alone, and nothing that was written meanwhile is lost', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('*', { how: 'status', status: 502 }, 2);
  world.telegram.cut();
  world.say('in the middle of it');
  await world.reply((text) => text === 'You said: in the middle of it');
  expect(world.texts()).toHaveLength(1);
});

test('Telegram cannot be reached at the start: the gateway is ready, says why, and connects later', async () => {
  const first = await startFakeTelegram();
  const port = Number(new URL(first.url).port);
  await first.close();
  const opened = openTelegramWorld({ telegram: first });
  const second = await until('the port to be free', () => startFakeTelegram(port).catch(() => null));
  onTestFinished(() => second.close());
  const world = await opened;
  expect((await channel(world)).state).toBe('up');
});
