import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { memoryOf, RecordedHost } from '../../testing/recorded-host.ts';
import type { Channel } from '../channel.ts';
import { createDiscordChannel } from './index.ts';

async function fakeDiscord(): Promise<FakeDiscord> {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  return discord;
}

async function connect(discord: FakeDiscord, host: RecordedHost): Promise<Channel> {
  const settings = { token: discord.token, apiUrl: discord.url };
  const timing = { callMs: 2000, startMs: 10_000, probeMs: 1000 };
  const channel = createDiscordChannel(settings, host, timing);
  onTestFinished(() => channel.stop());
  await channel.start();
  return channel;
}

test('what is written while the line is cut is replayed when the session is resumed', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const chat = discord.world.direct(alice);
  const host = new RecordedHost();
  await connect(discord, host);
  discord.gateway.drop();
  await until('the line to be cut', () => discord.gateway.open === 0);
  discord.say(chat, alice, 'one');
  discord.say(chat, alice, 'two');
  await until('both', () => host.texts.length === 2);
  expect(host.messages.map(({ text }) => text)).toEqual(['one', 'two']);
  expect(discord.gateway).toMatchObject({ resumes: 1, identifies: 1 });
});

test('asked to reconnect, it resumes', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const host = new RecordedHost();
  await connect(discord, host);
  discord.gateway.askToReconnect();
  await until('the resumption', () => discord.gateway.resumes === 1);
  discord.say(discord.world.direct(alice), alice, 'still there?');
  await until('the message', () => host.texts.length === 1);
});

test('what was written between two sessions is fetched, in order, before what is newer', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const general = discord.world.channel('general');
  const thread = discord.world.thread('a topic', general);
  const quiet = discord.world.channel('quiet');
  const host = new RecordedHost();
  await connect(discord, host);
  discord.say(home, alice, 'home 1');
  await until('the first', () => host.texts.length === 1);
  discord.gateway.invalidate(true);
  discord.gateway.drop();
  for (const channel of [home, general, thread]) discord.say(channel, alice, `missed in ${channel.type}`);
  await until('the second session', () => discord.gateway.identifies === 2, 20_000);
  discord.say(home, alice, 'home 3');
  await until('all of it', () => host.texts.length === 5);
  const inHome = host.messages.filter(({ channel }) => channel === `discord:dm:${alice.id}`);
  const once = [...new Set(inHome.map(({ text }) => text))];
  expect(once).toEqual(['home 1', 'missed in 1', 'home 3']);
  expect(host.texts).toContain('missed in 0');
  expect(host.texts).toContain('missed in 11');
  expect(discord.rest.calls.filter(({ path }) => path.includes(quiet.id))).toEqual([]);
});

test('an invalid session while the line is up loses nothing either', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const host = new RecordedHost();
  await connect(discord, host);
  discord.say(home, alice, 'before');
  await until('the first', () => host.texts.length === 1);
  discord.gateway.invalidate();
  discord.say(home, alice, 'in between');
  await until('the one in between', () => host.texts.includes('in between'), 20_000);
});

test('what was written while Moby was away is fetched at the next start; other people’s news is not', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const general = discord.world.channel('general');
  discord.say(general, alice, 'from before the very first start');
  const values = new Map<string, string>();
  const first = await connect(discord, new RecordedHost(memoryOf(values)));
  discord.say(home, alice, 'hello');
  await until('the chat to be remembered', () => values.has('direct-chats'));
  await first.stop();
  for (let i = 0; i < 250; i++) discord.say(home, alice, `away ${i}`);
  const host = new RecordedHost(memoryOf(values));
  await connect(discord, host);
  await until('all of it', () => host.texts.filter((text) => text.startsWith('away')).length === 250);
  const away = host.texts.filter((text) => text.startsWith('away'));
  expect(away).toEqual(Array.from({ length: 250 }, (_, index) => `away ${index}`));
});

test('the first start fetches nothing', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const general = discord.world.channel('general');
  discord.say(general, alice, 'old news');
  const host = new RecordedHost();
  const channel = await connect(discord, host);
  await channel.stop();
  expect(host.events).toEqual([]);
});

test('a fetch that fails is tried again, and the newer message waits for it', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const values = new Map<string, string>();
  const first = await connect(discord, new RecordedHost(memoryOf(values)));
  discord.say(home, alice, 'hello');
  await until('the chat to be remembered', () => values.has('direct-chats'));
  await first.stop();
  discord.say(home, alice, 'missed');
  discord.faults.plan('GET', /messages$/, { kind: 'status', status: 500 });
  discord.faults.plan('GET', /messages$/, { kind: 'rate-limit', retryAfter: 0.3 });
  const host = new RecordedHost(memoryOf(values));
  await connect(discord, host);
  discord.say(home, alice, 'live');
  await until('both', () => host.texts.includes('live'), 20_000);
  expect(host.texts.slice(-2)).toEqual(['missed', 'live']);
});

test('a channel that may not be read is asked for once, and holds up nothing', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const values = new Map<string, string>();
  const first = await connect(discord, new RecordedHost(memoryOf(values)));
  discord.say(home, alice, 'hello');
  await until('the chat to be remembered', () => values.has('direct-chats'));
  await first.stop();
  discord.say(home, alice, 'missed');
  discord.faults.plan('GET', /messages$/, {
    kind: 'status',
    status: 403,
    code: 50_001,
    message: 'Missing Access',
  });
  const host = new RecordedHost(memoryOf(values));
  const before = discord.rest.calls.length;
  await connect(discord, host);
  discord.say(home, alice, 'live');
  await until('what is new', () => host.texts.includes('live'), 20_000);
  expect(host.texts).not.toContain('missed');
  const asked = discord.rest.calls.slice(before).filter(({ path }) => path.endsWith('/messages'));
  expect(asked).toHaveLength(1);
});

test('what the disk does not take stays before the cursor, through a crash', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const values = new Map<string, string>();
  const full = new RecordedHost(memoryOf(values));
  const first = await connect(discord, full);
  discord.say(home, alice, 'taken');
  await until('the first', () => full.texts.length === 1);
  full.refusal = new Error('disk full');
  const { id } = discord.say(home, alice, 'not taken');
  const { id: other } = discord.say(discord.world.channel('general'), alice, 'not taken either');
  await first.stop();
  expect(BigInt(values.get('cursor') ?? other)).toBeLessThan(BigInt(id));
  const host = new RecordedHost(memoryOf(values));
  await connect(discord, host);
  await until(
    'what was not taken',
    () => host.texts.includes('not taken') && host.texts.includes('not taken either'),
  );
});

test('what the disk does not take is offered again', async () => {
  const discord = await fakeDiscord();
  const alice = discord.world.person('Alice');
  const home = discord.world.direct(alice);
  const host = new RecordedHost();
  await connect(discord, host);
  host.refusal = new Error('disk full');
  discord.say(home, alice, 'one');
  discord.say(home, alice, 'two');
  host.refusal = null;
  await until('both', () => host.texts.length === 2);
  expect(host.texts).toEqual(['one', 'two']);
});
