import { type Clock, systemClock, type Timer } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import type { ChannelHost, InboundEvent } from '../channel.ts';
import { createTelegramChannel } from './index.ts';

const ALICE = { id: 42, first_name: 'Alice' };

async function connect(receive: (event: InboundEvent) => Promise<void>, clock: Clock = systemClock) {
  const telegram = await startFakeTelegram();
  onTestFinished(() => telegram.close());
  const host: ChannelHost = {
    clock,
    logger: silentLogger,
    receive,
    pressed: async () => ({ text: 'Too late.', accepted: false }),
    alive: () => undefined,
    lost: () => undefined,
    warn: () => undefined,
    login: () => undefined,
    memory: { get: () => null, set: () => undefined },
    folder: () => '/nowhere',
  };
  const timing = { holdSeconds: 1, marginMs: 1000, callMs: 1000 };
  const channel = createTelegramChannel({ token: telegram.token, apiRoot: telegram.url }, host, timing);
  onTestFinished(() => channel.stop());
  await channel.start();
  return { telegram, channel };
}

test('a message is confirmed to Telegram only once it is on disk', async () => {
  let full = true;
  const taken: string[] = [];
  const { telegram } = await connect(async (event) => {
    if (event.type !== 'message') return;
    if (full) throw new Error('the disk is full');
    taken.push(event.text);
  });
  telegram.say({ chat: 42, from: ALICE, text: 'precious' });
  telegram.say({ chat: 42, from: ALICE, text: 'too' });
  const polls = telegram.polls();
  await until('them to be asked for again', () => telegram.polls() > polls + 1);
  expect(telegram.chats.pending).toHaveLength(2);
  full = false;
  await until('them to be confirmed', () => telegram.chats.pending.length === 0);
  expect(taken).toEqual(['precious', 'too']);
});

test('an update that cannot be read is passed over, and those around it are taken', async () => {
  const taken: string[] = [];
  const { telegram } = await connect(async (event) => {
    if (event.type === 'message') taken.push(event.text);
  });
  telegram.say({ chat: 42, from: ALICE, text: 'before' });
  telegram.chats.update({ message: { from: null, chat: null } });
  telegram.chats.update({ something_new: { of: 2030 } });
  telegram.say({ chat: 42, from: ALICE, text: 'after' });
  await until('all to be confirmed', () => telegram.chats.pending.length === 0);
  expect(taken).toEqual(['before', 'after']);
});

test('when it has stopped, no poll is open and nothing more comes in', async () => {
  const taken: InboundEvent[] = [];
  const { telegram, channel } = await connect(async (event) => {
    taken.push(event);
  });
  await until('a poll', () => telegram.polling());
  await channel.stop();
  await until('the poll to be gone', () => !telegram.polling());
  const polls = telegram.polls();
  telegram.say({ chat: 42, from: ALICE, text: 'anybody there?' });
  expect(telegram.polls()).toBe(polls);
  expect(taken).toEqual([]);
  expect(telegram.chats.pending).toHaveLength(1);
});

/** Remembers what was waited for. */
class WatchedClock extends ManualClock {
  readonly delays: number[] = [];

  override after(delayMs: number, task: () => void): Timer {
    this.delays.push(delayMs);
    return super.after(delayMs, task);
  }
}

test('a server that does not hold polls open is asked once a second, and what comes is taken then', async () => {
  const clock = new WatchedClock();
  const taken: string[] = [];
  const { telegram } = await connect(async (event) => {
    if (event.type === 'message') taken.push(event.text);
  }, clock);
  await until('a poll that holds', () => telegram.polling());
  clock.delays.length = 0;
  const polls = telegram.polls();
  telegram.holdPolls(false);
  for (let second = 1; second <= 3; second++) {
    await until('the pause', () => clock.delays.at(-1) === 1000);
    expect(telegram.polls()).toBe(polls + second - 1);
    clock.delays.length = 0;
    if (second === 3) telegram.say({ chat: 42, from: ALICE, text: 'hello' });
    await clock.advance(1000);
  }
  await until('the message', () => taken.includes('hello'));
});
