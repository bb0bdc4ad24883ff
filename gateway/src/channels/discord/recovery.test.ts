import { silentLogger } from '@mobyclaw/lib/logger';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ChannelSupervisor } from '../../messaging/supervisor.ts';
import { openDiscordWorld } from '../../testing/discord-world.ts';
import { memoryOf } from '../../testing/recorded-host.ts';
import { createDiscordChannel } from './index.ts';

test('a line is dropped: what was written meanwhile is answered, once', async () => {
  const world = await openDiscordWorld();
  world.say('before');
  await world.reply((text) => text === 'You said: before');
  world.discord.gateway.drop();
  await until('the line to be cut', () => world.discord.gateway.open === 0);
  world.say('meanwhile');
  await world.reply((text) => text === 'You said: meanwhile');
  expect(world.answers()).toEqual(['You said: before', 'You said: meanwhile']);
});

test('a session is lost: what was written meanwhile is answered, once', async () => {
  const world = await openDiscordWorld();
  world.say('before');
  await world.reply((text) => text === 'You said: before');
  world.discord.gateway.invalidate(true);
  world.discord.gateway.drop();
  world.say('meanwhile');
  await world.reply((text) => text === 'You said: meanwhile');
  world.say('after');
  await world.reply((text) => text === 'You said: after');
  expect(world.answers()).toEqual(['You said: before', 'You said: meanwhile', 'You said: after']);
  expect((await world.status())?.connects).toBe(1);
});

test('the same message again, also after a restart, is answered once', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openDiscordWorld({ agentUrl: agent.url });
  const message = world.say('once');
  const again = () => world.discord.gateway.dispatch({ t: 'MESSAGE_CREATE', d: structuredClone(message) });
  again();
  await world.reply((text) => text === 'You said: once');
  again();
  await world.restart();
  again();
  world.say('next');
  await world.reply((text) => text === 'You said: next');
  expect(world.answers()).toEqual(['You said: once', 'You said: next']);
  expect(agent.stats().runs).toHaveLength(2);
});

test('messages from while Moby was away are answered, each once, in their order', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openDiscordWorld({ agentUrl: agent.url });
  world.say('before');
  await world.reply((text) => text === 'You said: before');
  await world.restart(() => {
    world.say('away 1');
    world.say('away 2');
  });
  await world.reply((text) => text === 'You said: away 2');
  expect(world.answers()).toEqual(['You said: before', 'You said: away 1', 'You said: away 2']);
});

test('a token that is revoked later stops the channel with the reason, and the process lives', async () => {
  const world = await openDiscordWorld();
  world.discord.token = 'new-token';
  world.discord.gateway.drop();
  await until('the channel to stop', async () => (await world.status())?.state === 'stopped');
  expect(await world.status()).toMatchObject({
    fatal: true,
    reason: expect.stringContaining('DISCORD_BOT_TOKEN'),
  });
  expect((await world.gateway.ask('still there?')).status).toBe(200);
  await until('every socket to be closed', () => world.discord.connections === 0);
});

test('another program that answers with the token is in the status, and Moby goes on', async () => {
  const world = await openDiscordWorld();
  world.say('before');
  await world.reply((text) => text === 'You said: before');
  expect(await world.status()).not.toHaveProperty('reason');
  world.discord.say(world.home, world.discord.world.bot, 'I am another program');
  const warned = await until('the warning', async () => {
    const status = await world.status();
    return status?.reason && status;
  });
  expect(warned).toMatchObject({
    state: 'up',
    reason: expect.stringContaining('Another program'),
    connects: 1,
  });
  world.say('after');
  await world.reply((text) => text === 'You said: after');
});

test('a bot that may not read messages says which switch is missing', async () => {
  const world = await openDiscordWorld({ prepare: (discord) => (discord.allowedIntents = 0) });
  await until('the channel to stop', async () => (await world.status())?.state === 'stopped');
  expect((await world.status())?.reason).toContain('Message Content Intent');
});

test('a line on which nothing moves any more is found and replaced within a minute; a quiet one is left alone', async () => {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  const alice = discord.world.person('Alice');
  const clock = new ManualClock(Date.now());
  const received: string[] = [];
  const memory = memoryOf(new Map());
  const supervisor = new ChannelSupervisor({
    platform: 'discord',
    load: async () => (host) =>
      createDiscordChannel({ token: discord.token, apiUrl: discord.url, owners: [alice.id] }, host),
    receive: async (event) => {
      if (event.type === 'message') received.push(event.text);
    },
    pressed: async () => ({ text: 'Too late.', accepted: false }),
    memory,
    folder: () => '',
    commands: [],
    onUp: () => undefined,
    onChange: () => undefined,
    clock,
    logger: silentLogger,
  });
  onTestFinished(() => discord.gateway.liftBlackHole());
  onTestFinished(() => supervisor.stop());
  supervisor.start();
  await until('the channel to be up', () => supervisor.status.state === 'up');
  // Time passes in steps, so that answers of a line that works come in between.
  const seconds = async (limit: number, over: () => boolean): Promise<number> => {
    for (let passed = 0; passed < limit; passed++) {
      if (over()) return passed;
      await clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return limit;
  };
  await seconds(300, () => false);
  expect(supervisor.status).toMatchObject({ state: 'up', connects: 1 });
  discord.gateway.blackHole();
  discord.say(discord.world.direct(alice), alice, 'into the hole');
  const passed = await seconds(90, () => supervisor.status.connects === 2);
  expect(passed).toBeLessThan(60);
  await until('the channel to be up again', () => supervisor.status.state === 'up');
  discord.say(discord.world.direct(alice), alice, 'hello again');
  await until('the message', () => received.includes('hello again'));
  expect([...new Set(received)]).toEqual(['into the hole', 'hello again']);
});
