import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { NumberedEvent, TurnEvent } from '@mobyclaw/protocol/events';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { Channel, SendResult } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel-error.ts';
import { plainRenderer } from '../render/plain-renderer.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { Delivery } from './delivery.ts';

const CHAT = 'telegram:dm:42';
const PACE_MS = 1000;
const SENT: SendResult = { status: 'sent', ids: [] };

const started: TurnEvent = { type: 'started', data: { turn: 't', session: CHAT } };
const token = (text: string): TurnEvent => ({ type: 'token', data: { text } });
const queued = (position: number): TurnEvent => ({ type: 'queued', data: { turn: 't', position } });
const tool = (phase: 'start' | 'end'): TurnEvent => ({
  type: 'tool',
  data: { id: 'a', name: 'search', label: 'Searching', phase },
});

/** A chat that takes drafts, and what is drawn there, with the time since the beginning. */
function chatWithDrafts() {
  const clock = new ManualClock();
  const startedAt = clock.now();
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  const listeners = new Map<string, (event: NumberedEvent) => void>();
  const drawn: { at: number; text: string }[] = [];
  const sent: string[] = [];
  const world = { answer: async (): Promise<SendResult> => SENT, serves: true };
  const channel = {
    abilities: {
      text: { max: 4096, unit: 'utf16' },
      editEveryMs: PACE_MS,
      buttons: true,
      typingMs: null,
      sendRepeatableMs: 0,
      fileBytes: 1_000_000,
      deafAfterMs: 45_000,
    },
    drafts: {
      lifeMs: 30_000,
      serves: () => world.serves,
      show: async (_to: string, { text }: { text: string }) => {
        drawn.push({ at: clock.now() - startedAt, text });
        return world.answer();
      },
    },
    send: async (_to: string, { text }: { text: string }) => {
      sent.push(text);
      return { status: 'sent', ids: [String(sent.length)] };
    },
  } as unknown as Channel;
  const delivery = new Delivery({
    timeZone: 'UTC',
    store,
    channel: () => channel,
    report: () => undefined,
    rendererOf: () => plainRenderer,
    follow(turn, listener) {
      listeners.set(turn, listener);
      return () => undefined;
    },
    defaultQueueMode: 'followup',
    clock,
    logger: silentLogger,
  });
  onTestFinished(() => delivery.drain(0));
  let id = 0;
  return {
    clock,
    store,
    delivery,
    drawn,
    sent,
    world,
    texts: () => drawn.map(({ text }) => text),
    say(turn: string, ...events: TurnEvent[]): void {
      if (!listeners.has(turn)) {
        delivery.watch({ id: turn, session: CHAT, deliverTo: { channel: CHAT } } as TurnRow);
      }
      for (const event of events) listeners.get(turn)?.({ id: ++id, ...event } as NumberedEvent);
    },
  };
}

test('the text grows in the draft about once a second, tools are shown, and nothing is kept of it', async () => {
  const { clock, drawn, texts, say, sent, store } = chatWithDrafts();
  say('t', started);
  for (let index = 0; index < 40; index++) {
    say('t', token(`w${index} `));
    await clock.advance(100);
  }
  expect(drawn.map(({ at }) => at)).toEqual([500, 1500, 2500, 3500]);
  expect(texts()[0]?.trim()).toBe('w0 w1 w2 w3 w4');
  say('t', tool('start'));
  await clock.advance(PACE_MS);
  expect(texts().at(-1)).toContain('⏳ Searching…');
  say('t', tool('end'));
  await clock.advance(PACE_MS);
  expect(texts().at(-1)).not.toContain('⏳');
  expect(store.outbox.hasLive('t')).toBe(false);
  expect(sent).toEqual([]);
});

test('it is drawn anew before it goes out, as long as the turn runs', async () => {
  const { clock, drawn, say } = chatWithDrafts();
  say('t', started, tool('start'));
  await clock.advance(65_000);
  expect(drawn.map(({ at }) => at)).toEqual([500, 20_500, 40_500, 60_500]);
  say('t', token('found it'));
  await clock.advance(10);
  expect(drawn.at(-1)).toMatchObject({ at: 65_000, text: expect.stringContaining('found it') });
  say('t', { type: 'done', data: { turn: 't', session: CHAT, text: 'found it', usage: null } });
  await clock.advance(100_000);
  expect(drawn).toHaveLength(5);
});

test('a message that comes meanwhile takes it away: it is drawn again', async () => {
  const { clock, delivery, drawn, texts, say, sent } = chatWithDrafts();
  say('t', started, token('on the way'));
  await clock.advance(3000);
  expect(drawn).toHaveLength(1);
  delivery.put({ channel: CHAT, text: 'Here: at work' });
  await clock.advance(100);
  expect(sent).toEqual(['Here: at work']);
  expect(texts()).toEqual(['on the way', 'on the way']);
});

test('of a text that is longer than a message the end is shown', async () => {
  const { clock, texts, say } = chatWithDrafts();
  say('t', started, token(`${'x'.repeat(4095)}\nthe end`));
  await clock.advance(600);
  expect(texts()).toEqual(['the end']);
});

test('one draft for all: the answer that is written, and how many wait behind it', async () => {
  const { clock, texts, say } = chatWithDrafts();
  say('one', queued(0), started, token('first'));
  say('two', queued(1));
  await clock.advance(600);
  expect(texts().at(-1)).toBe('first\n\n🕒 One more message is queued.');
  say('three', queued(2));
  await clock.advance(PACE_MS);
  expect(texts().at(-1)).toBe('first\n\n🕒 2 more messages are queued.');
  say('one', { type: 'done', data: { turn: 'one', session: CHAT, text: 'first', usage: null } });
  say('two', started, token('second'));
  await clock.advance(PACE_MS);
  expect(texts().at(-1)).toBe('second\n\n🕒 One more message is queued.');
});

test('a message that waits for another chat says so, and does not say it any more once it is worked on', async () => {
  const { clock, texts, say } = chatWithDrafts();
  say('t', queued(3));
  await clock.advance(10);
  expect(texts()).toEqual(['🕒 Queued, 3 messages are ahead of it.']);
  say('t', started);
  await clock.advance(PACE_MS);
  expect(texts().at(-1)).toBe('⏳ Working on it…');
});

test('a pause that the platform asks for is kept', async () => {
  const { clock, drawn, say, world } = chatWithDrafts();
  const error = new ChannelError({
    channel: 'telegram',
    method: 'sendMessageDraft',
    code: '429',
    message: 'Telegram asks for a pause.',
    remedy: 'retry',
    retryAfterMs: 7000,
  });
  world.answer = async () => ({ status: 'failed', error });
  say('t', started, token('hello'));
  await clock.advance(600);
  world.answer = async () => SENT;
  await clock.advance(10_000);
  expect(drawn.map(({ at }) => at)).toEqual([500, 7500]);
});

test('a chat that turns out to take no drafts goes on in a message, at once', async () => {
  const { clock, drawn, say, sent, world } = chatWithDrafts();
  const error = new ChannelError({
    channel: 'telegram',
    method: 'sendMessageDraft',
    code: '404',
    message: 'This Bot API server does not know sendMessageDraft.',
    remedy: 'none',
  });
  world.answer = async () => {
    world.serves = false;
    return { status: 'failed', error };
  };
  say('t', started, token('hello'));
  await clock.advance(600);
  expect(drawn).toHaveLength(1);
  expect(sent).toEqual(['hello']);
});
