import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import type { RenderedPart } from '../../render/part.ts';
import { RecordedHost } from '../../testing/recorded-host.ts';
import type { Channel } from '../channel.ts';
import type { ChannelError } from '../channel-error.ts';
import { createDiscordChannel, type DiscordTiming } from './index.ts';

const TIMING: DiscordTiming = { callMs: 2000, startMs: 5000, probeMs: 100 };

async function fakeDiscord(): Promise<FakeDiscord> {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  return discord;
}

function channelOn(discord: FakeDiscord, host: RecordedHost, timing: Partial<DiscordTiming> = {}): Channel {
  const settings = { token: 'fake-discord-token', apiUrl: discord.url };
  const channel = createDiscordChannel(settings, host, { ...TIMING, ...timing });
  onTestFinished(() => channel.stop());
  return channel;
}

function part(text: string): RenderedPart {
  return { text, plain: text };
}

/** @returns what a start ends with */
async function failure(channel: Channel): Promise<ChannelError> {
  try {
    await channel.start();
  } catch (error) {
    return error as ChannelError;
  }
  throw new Error('it started');
}

test('a start shows that messages can come in, and each sign of life is passed on', async () => {
  const discord = await fakeDiscord();
  const host = new RecordedHost();
  await channelOn(discord, host).start();
  expect(discord.gateway.ready).toBe(1);
  const before = host.signsOfLife;
  await until('the answer to a probe', () => host.signsOfLife > before); // Discord itself would be silent for 41 s
});

test('a wrong token is fatal, and the line that says so does not hold it', async () => {
  const discord = await fakeDiscord();
  discord.token = 'another-token';
  const error = await failure(channelOn(discord, new RecordedHost()));
  expect(error.fatal).toBe(true);
  expect(error.line).toContain('DISCORD_BOT_TOKEN');
  expect(error.line).not.toContain('fake-discord-token');
});

test.each([
  [4004, 'DISCORD_BOT_TOKEN'],
  [4010, 'Update'],
  [4011, 'a bot of your own'],
  [4012, 'Update'],
  [4013, 'Update'],
  [4014, 'Message Content Intent'],
])('a login that is refused with %i is fatal and says what to do', async (code, hint) => {
  const discord = await fakeDiscord();
  discord.gateway.refusals.push(code);
  const error = await failure(channelOn(discord, new RecordedHost()));
  expect(error).toMatchObject({ fatal: true, code: String(code) });
  expect(error.line).toContain(hint);
});

test('a server that is down, or in trouble, is no reason to give up', async () => {
  const discord = await fakeDiscord();
  discord.faults.plan('GET', /gateway/, { kind: 'status', status: 502 });
  expect(await failure(channelOn(discord, new RecordedHost()))).toMatchObject({ fatal: false, code: '502' });
  discord.faults.plan('GET', /gateway/, { kind: 'cut' });
  const cut = await failure(channelOn(discord, new RecordedHost()));
  expect(cut).toMatchObject({ fatal: false, code: 'ECONNRESET' });
  const nobody = createDiscordChannel(
    { token: 't', apiUrl: 'http://127.0.0.1:1/api' },
    new RecordedHost(),
    TIMING,
  );
  expect(await failure(nobody)).toMatchObject({ fatal: false, code: 'ECONNREFUSED' });
  await nobody.stop();
});

test('a gateway that takes the line and never answers ends the start in time', async () => {
  const discord = await fakeDiscord();
  discord.gateway.deaf = true;
  const channel = channelOn(discord, new RecordedHost(), { startMs: 300 });
  expect(await failure(channel)).toMatchObject({ fatal: false, code: 'timeout' });
  await channel.stop();
  await until('every socket to be closed', () => discord.connections === 0);
});

test('the last connections of the day are not used up, as Discord would reset the token', async () => {
  const discord = await fakeDiscord();
  discord.remainingStarts = 10;
  const error = await failure(channelOn(discord, new RecordedHost()));
  expect(error).toMatchObject({ fatal: false, code: 'session-limit', retryAfterMs: 3_600_000 });
  expect(discord.gateway.identifies).toBe(0);
});

test('a token that is revoked while the line is up is fatal with the next line', async () => {
  const discord = await fakeDiscord();
  const host = new RecordedHost();
  await channelOn(discord, host).start();
  discord.token = 'new-token';
  discord.gateway.drop();
  const error = await until('the loss', () => host.losses[0]);
  expect(error).toMatchObject({ fatal: true, code: '4004' });
});

test('a token that is revoked is noticed by a call, too', async () => {
  const discord = await fakeDiscord();
  const host = new RecordedHost();
  const channel = channelOn(discord, host);
  await channel.start();
  discord.token = 'new-token';
  const part = { text: 'hello', plain: 'hello' };
  const result = await channel.send('discord:channel:1', part, { nonce: crypto.randomUUID(), live: false });
  expect(result).toMatchObject({ status: 'failed', error: { fatal: true } });
  expect(host.losses[0]).toMatchObject({ fatal: true });
});

test('another program that writes with the token is named, while both work, until it has been still for an hour', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const chat = discord.world.direct(alice);
  const clock = new ManualClock();
  const host = new RecordedHost(undefined, clock);
  const channel = createDiscordChannel({ token: discord.token, apiUrl: discord.url }, host, TIMING);
  onTestFinished(() => channel.stop());
  await channel.start();
  await channel.send(`discord:dm:${alice.id}`, part('mine'), { nonce: crypto.randomUUID(), live: false });
  discord.command(chat, alice, 'help');
  discord.say(chat, discord.world.bot, 'the answer to a command', { type: 20 });
  discord.say(chat, alice, 'one');
  await until('her message', () => host.texts.includes('one'));
  expect(host.warning).toBeNull();

  discord.say(chat, discord.world.bot, 'not mine');
  await until('the warning', () => host.warning);
  expect(host.warning).toContain('Another program');
  expect(host.losses).toEqual([]);
  await clock.advance(3_600_000);
  expect(host.warning).toBeNull();
});

test('what a connection before this one wrote is known when a session shows it again', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const host = new RecordedHost();
  const first = channelOn(discord, host);
  await first.start();
  await first.send(`discord:dm:${alice.id}`, part('mine'), { nonce: crypto.randomUUID(), live: false });
  await first.stop();
  const next = new RecordedHost(host.memory);
  await channelOn(discord, next).start();
  const [mine] = discord.shown(discord.world.direct(alice));
  discord.gateway.dispatch({ t: 'MESSAGE_CREATE', d: mine });
  discord.say(discord.world.direct(alice), alice, 'after');
  await until('her message', () => next.texts.includes('after'));
  expect(next.warning).toBeNull();
});

test('what the library chokes on ends at most this connection', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const host = new RecordedHost();
  await channelOn(discord, host).start();
  discord.gateway.sendRaw('{"op":');
  discord.gateway.dispatch({ t: 'MESSAGE_CREATE', d: { id: '1', channel_id: '2' } });
  discord.gateway.dispatch({ t: 'GUILD_ROLE_CREATE', d: null });
  discord.say(discord.world.direct(alice), alice, 'still there?');
  await until('the message', () => host.texts.length === 1);
  expect(host.losses).toEqual([]);
  discord.gateway.sendRaw('{"op":9}');
  expect(await until('the loss', () => host.losses[0])).toMatchObject({ fatal: false, code: 'broken' });
});

test('stop closes every socket, and nothing is handed over any more', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const host = new RecordedHost();
  const channel = channelOn(discord, host);
  await channel.start();
  await channel.stop();
  await until('every socket to be closed', () => discord.connections === 0);
  discord.say(discord.world.direct(alice), alice, 'too late');
  expect(host.events).toEqual([]);
});

test('stop closes a line on which nothing moves any more, by force', async () => {
  const discord = await fakeDiscord();
  const channel = channelOn(discord, new RecordedHost());
  await channel.start();
  discord.gateway.blackHole();
  const began = performance.now();
  await channel.stop();
  expect(performance.now() - began).toBeLessThan(9000);
  discord.gateway.liftBlackHole(); // only then can the other end see what we did
  await until('every socket to be closed', () => discord.connections === 0);
});

test('stop in the middle of a reconnection leaves nothing behind that would connect later', async () => {
  const discord = await fakeDiscord();
  const host = new RecordedHost();
  const channel = channelOn(discord, host);
  await channel.start();
  const { identifies, resumes } = discord.gateway;
  discord.gateway.drop();
  await until('the line to be cut', () => discord.gateway.open === 0);
  await channel.stop(); // the library comes back after half a second
  await new Promise((resolve) => setTimeout(resolve, 900));
  expect(discord.gateway.open).toBe(0);
  expect(discord.gateway).toMatchObject({ identifies, resumes });
  expect(host.losses).toEqual([]);
});

test('stop in the middle of a start ends the start', async () => {
  const discord = await fakeDiscord();
  discord.faults.plan('GET', /gateway/, { kind: 'hang' });
  const channel = channelOn(discord, new RecordedHost());
  const ended = failure(channel);
  await until('the call', () => discord.rest.calls.length > 0);
  await channel.stop();
  expect(await ended).toMatchObject({ code: 'closed' });
  await until('every socket to be closed', () => discord.connections === 0);
});

test('connections one after the other leave no socket', async () => {
  const discord = await fakeDiscord();
  for (let i = 0; i < 20; i++) {
    const channel = channelOn(discord, new RecordedHost());
    await channel.start();
    await channel.stop();
  }
  await until('every socket to be closed', () => discord.connections === 0);
});
