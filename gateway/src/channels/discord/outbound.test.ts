import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { memoryOf, RecordedHost } from '../../testing/recorded-host.ts';
import { createDiscordChannel } from './index.ts';
import { directKey, groupKey, placeOf, shortNonce } from './keys.ts';

const MESSAGES = /^\/channels\/\d+\/messages$/;
const part = (text: string) => ({ text, plain: text });

async function setUp() {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  const memory = memoryOf(new Map());
  const clock = new ManualClock(Date.now());
  const connect = async () => {
    const host = new RecordedHost(memory, clock);
    const channel = createDiscordChannel({ token: discord.token, apiUrl: discord.url }, host);
    await channel.start();
    onTestFinished(() => channel.stop());
    return channel;
  };
  const general = discord.world.channel('general');
  return { discord, clock, connect, general, to: groupKey(general.id) };
}

test('the same message with the same nonce is shown once', async () => {
  const { discord, connect, general, to } = await setUp();
  const channel = await connect();
  const options = { nonce: crypto.randomUUID(), live: false };
  const first = await channel.send(to, part('hello'), options);
  expect(await channel.send(to, part('hello'), options)).toEqual(first);
  expect(discord.shown(general)).toHaveLength(1);
});

test('a call that hangs ends in time, and says that it can be repeated', async () => {
  const { discord, clock, connect, to } = await setUp();
  const channel = await connect();
  discord.faults.plan('POST', MESSAGES, { kind: 'hang' });
  const result = channel.send(to, part('hello'), { nonce: crypto.randomUUID(), live: false });
  await until('the call', () => discord.rest.calls.some(({ path }) => MESSAGES.test(path)));
  await clock.advance(16_000);
  expect(await result).toMatchObject({ status: 'failed', error: { code: 'timeout', remedy: 'retry' } });
});

test('long after a call that nobody knows the end of, it is looked up before it is repeated, over another connection', async () => {
  const { discord, clock, connect, general, to } = await setUp();
  const first = await connect();
  await first.send(to, part('hello'), { nonce: crypto.randomUUID(), live: false }); // the same text, but not the same message
  const shown = { nonce: crypto.randomUUID(), live: false };
  discord.faults.plan('POST', MESSAGES, { kind: 'cut-after' });
  expect(await first.send(to, part('hello\n'), shown)).toMatchObject({ status: 'failed' }); // Discord cuts blanks off
  const lost = { nonce: crypto.randomUUID(), live: false };
  discord.faults.plan('POST', MESSAGES, { kind: 'cut' });
  expect(await first.send(to, part('goodbye'), lost)).toMatchObject({ status: 'failed' });
  await first.stop();
  clock.jump(600_000);
  discord.rest.forgetNonces();
  const second = await connect();
  const ids = discord.shown(general).map(({ id }) => id);
  expect(await second.send(to, part('hello\n'), shown)).toEqual({ status: 'sent', ids: [ids[1]] });
  expect(await second.send(to, part('goodbye'), lost)).toMatchObject({ status: 'sent' });
  expect(discord.shown(general).map(({ content }) => content)).toEqual(['hello', 'hello', 'goodbye']);
});

test('a direct chat is opened once, and remembered', async () => {
  const { discord, connect } = await setUp();
  const alice = discord.world.person('Alice');
  const channel = await connect();
  for (const text of ['one', 'two']) {
    const options = { nonce: crypto.randomUUID(), live: false };
    expect(await channel.send(directKey(alice.id), part(text), options)).toMatchObject({ status: 'sent' });
  }
  expect(discord.shown(discord.world.direct(alice)).map(({ content }) => content)).toEqual(['one', 'two']);
  expect(discord.rest.calls.filter(({ path }) => path === '/users/@me/channels')).toHaveLength(1);
});

test('taking back what is gone is no failure', async () => {
  const { discord, connect, general, to } = await setUp();
  const channel = await connect();
  const sent = await channel.send(to, part('hello'), { nonce: crypto.randomUUID(), live: false });
  const id = sent.status === 'sent' ? (sent.ids[0] ?? '') : '';
  expect(await channel.remove(to, id)).toMatchObject({ status: 'sent' });
  expect(await channel.remove(to, id)).toMatchObject({ status: 'sent' });
  expect(discord.shown(general)).toEqual([]);
  expect(await channel.edit(to, id, part('x'), { live: false })).toMatchObject({
    status: 'failed',
    error: { remedy: 'send-new' },
  });
});

test('after a stop a send fails, and can be repeated', async () => {
  const { connect, to } = await setUp();
  const channel = await connect();
  await channel.stop();
  const result = await channel.send(to, part('hello'), { nonce: crypto.randomUUID(), live: false });
  expect(result).toMatchObject({ status: 'failed', error: { remedy: 'retry', fatal: false } });
});

test('keys and nonces have the form that Discord takes', () => {
  expect(shortNonce('0190e0a4-7a5e-7c3b-9d1f-1234567890ab').length).toBeLessThanOrEqual(25);
  expect(placeOf('discord:dm:42')).toEqual({ user: '42' });
  expect(placeOf('discord:channel:42')).toEqual({ channel: '42' });
  expect(() => placeOf('telegram:dm:42')).toThrow(RangeError);
});
