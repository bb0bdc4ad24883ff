/** What does not arrive: an adapter with a fault, a refusal for good, and what the person is told of either. */
import { join } from 'node:path';
import { createLogger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { Channel, SendResult } from '../channels/channel.ts';
import { ChannelError, type ChannelErrorDetails } from '../channels/channel-error.ts';
import { contained } from '../messaging/contained-channel.ts';
import { plainRenderer } from '../render/plain-renderer.ts';
import { StoreError } from '../store/database.ts';
import { Store } from '../store/store.ts';
import { Delivery } from './delivery.ts';

const CHAT = 'telegram:dm:42';
const SECRET = 'https://api.example/botSECRET/send';

/** A chat in which each method does what the test says, or shows what it is given. */
function chat() {
  const clock = new ManualClock();
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  const shown: string[] = [];
  const logged: string[] = [];
  const world = {
    send: (_text: string): SendResult | null => null,
    edit: (): SendResult => ({ status: 'sent', ids: ['5'] }),
    remove: (): SendResult => ({ status: 'sent', ids: [] }),
    sendFile: (): SendResult => ({ status: 'sent', ids: ['7'] }),
  };
  const channel = {
    abilities: {
      text: { max: 4096, unit: 'utf16' },
      editEveryMs: 1000,
      buttons: true,
      typingMs: null,
      sendRepeatableMs: 0,
      fileBytes: 1_000_000,
      deafAfterMs: 45_000,
    },
    send(_to: string, { text }: { text: string }): Promise<SendResult> {
      const result = world.send(text);
      if (result === null) shown.push(text);
      return Promise.resolve(result ?? { status: 'sent', ids: [String(shown.length)] });
    },
    edit: () => Promise.resolve(world.edit()),
    remove: () => Promise.resolve(world.remove()),
    sendFile: () => Promise.resolve(world.sendFile()),
  } as unknown as Channel;
  const logger = createLogger('test', 'info', { write: (line) => void logged.push(line) });
  const connected = contained(channel, logger);
  const delivery = new Delivery({
    timeZone: 'UTC',
    store,
    channel: () => connected,
    report: () => undefined,
    rendererOf: () => plainRenderer,
    follow: () => null,
    defaultQueueMode: 'followup',
    clock,
    logger,
  });
  onTestFinished(() => delivery.drain(0));
  const states = (): string[] => store.outbox.trouble(10).map(({ state }) => state);
  const reasons = (): (string | null)[] => store.outbox.trouble(10).map(({ error }) => error);
  async function resend(): Promise<void> {
    for (const { seq } of store.outbox.undelivered(CHAT)) store.outbox.repeat(seq, clock.now());
    delivery.wake(CHAT);
    await clock.advance(100);
  }
  return { clock, store, delivery, world, shown, logged, states, reasons, resend };
}

type Chat = ReturnType<typeof chat>;

/** The answer of a turn that was streamed into message 5, or, where it is empty, the end of one. */
async function answer({ store, delivery, clock }: Chat, text: string): Promise<void> {
  const row = { number: 0, message: '5', shown: 'other', nonce: null, begunAt: clock.now() };
  store.outbox.setLive('t', CHAT, row);
  const of = { id: uuidv7(), channel: CHAT, replyTo: null, turn: 't', createdAt: clock.now() };
  store.outbox.insert({ ...of, kind: 'answer', text });
  delivery.wake(CHAT);
  await clock.advance(100);
}

function fault(): never {
  throw new TypeError(`cannot read properties of undefined, at ${SECRET}`);
}

function refused(details: Partial<ChannelErrorDetails> = {}): SendResult {
  const error = new ChannelError({
    channel: 'telegram',
    method: 'send',
    code: '400',
    message: 'Telegram does not take this.',
    remedy: 'none',
    ...details,
  });
  return { status: 'failed', error };
}

const FILE = { name: 'plan.pdf', mime: 'application/pdf', data: 'YQ==' };

test('an adapter that throws at a send leaves it in doubt, and the chat goes on', async () => {
  const world = chat();
  world.world.send = (text) => (text === 'one' ? fault() : null);
  world.delivery.put({ channel: CHAT, text: 'one' });
  world.delivery.put({ channel: CHAT, text: 'two' });
  await world.clock.advance(100);
  expect(world.states()).toEqual(['unknown']);
  expect(world.reasons()).toEqual([expect.stringContaining('adapter failed')]);
  expect(world.shown).toEqual(['two', expect.stringContaining('do not know whether it reached you')]);
});

test('an adapter that throws at a file leaves that in doubt, and the chat goes on', async () => {
  const world = chat();
  world.world.sendFile = fault;
  world.delivery.put({ channel: CHAT, text: 'the plan', files: [FILE] });
  world.delivery.put({ channel: CHAT, text: 'two' });
  await world.clock.advance(100);
  expect(world.states()).toEqual(['unknown']);
  expect(world.reasons()).toEqual([expect.stringContaining('adapter failed')]);
  expect(world.shown).toEqual(['the plan', 'two', expect.stringContaining('/resend')]);
});

test('an adapter that throws at an edit has failed at it: the chat goes on, and a resend is a new message', async () => {
  const world = chat();
  world.world.edit = fault;
  await answer(world, 'whole');
  world.delivery.put({ channel: CHAT, text: 'two' });
  await world.clock.advance(100);
  expect(world.states()).toEqual(['failed']);
  expect(world.shown).toEqual([expect.stringContaining('I could not send you all of my message.'), 'two']);
  await world.resend();
  expect(world.shown.at(-1)).toBe('whole');
  expect(world.states()).toEqual([]);
});

test('an adapter that throws as a message is taken back holds up nothing, and nobody needs to know', async () => {
  const world = chat();
  world.world.remove = fault;
  await answer(world, '');
  world.delivery.put({ channel: CHAT, text: 'two' });
  await world.clock.advance(100);
  expect(world.shown).toEqual(['two']);
  expect(world.store.outbox.undelivered(CHAT)).toEqual([]);
});

test('the log says where an adapter failed, without its words, which may hold a token', async () => {
  const world = chat();
  world.world.send = (text) => (text === 'one' ? fault() : null);
  world.delivery.put({ channel: CHAT, text: 'one' });
  await world.clock.advance(100);
  const line = world.logged.find((entry) => entry.includes('an adapter failed'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    name: 'TypeError',
    at: expect.arrayContaining([expect.stringContaining('undelivered.test.ts')]),
  });
  expect(world.logged.join('\n')).not.toContain('SECRET');
  expect(world.shown.join('\n')).not.toContain('SECRET');
});

test('where our own disk did not take what an adapter has to keep, it is tried again', async () => {
  const world = chat();
  let full = true;
  world.world.edit = () => {
    if (full) throw new StoreError('full', 'the disk is full');
    return { status: 'sent', ids: ['5'] };
  };
  await answer(world, 'whole');
  expect(world.states()).toEqual([]);
  full = false;
  await world.clock.advance(5000);
  expect(world.store.outbox.head(CHAT)).toBeNull();
  expect(world.shown).toEqual([]);
});

test('a file that is refused for good is told by its name, with the reason, and can be sent again', async () => {
  const world = chat();
  world.world.sendFile = refused;
  world.delivery.put({ channel: CHAT, text: 'the plan', files: [FILE] });
  await world.clock.advance(100);
  const notice =
    'I could not send you the file plan.pdf. Telegram does not take this. `/resend` tries again.';
  expect(world.shown).toEqual(['the plan', notice]);
  await world.resend();
  expect(world.shown).toEqual(['the plan', notice, notice]);
  world.world.sendFile = () => ({ status: 'sent', ids: ['7'] });
  await world.resend();
  expect(world.states()).toEqual([]);
  expect(world.shown).toHaveLength(3);
});

test('a part in the middle that is refused for good is told after the rest', async () => {
  const world = chat();
  const long = `${'a'.repeat(4000)}\n${'b'.repeat(4000)}\n${'c'.repeat(4000)}`;
  world.world.send = (text) => (text.startsWith('b') ? refused() : null);
  world.delivery.put({ channel: CHAT, text: long });
  await world.clock.advance(100);
  expect(world.shown.map((text) => text[0])).toEqual(['a', 'c', 'I']);
});

test('where the chat is closed to us, nothing is said into it, and what failed waits for a resend', async () => {
  const world = chat();
  let tries = 0;
  world.world.send = () => {
    tries++;
    return refused({ code: '403', chatClosed: true });
  };
  world.delivery.put({ channel: CHAT, text: 'hello' });
  await world.clock.advance(100);
  expect(tries).toBe(1);
  expect(world.states()).toEqual(['failed']);
  world.world.send = () => null;
  await world.resend();
  expect(world.shown).toEqual(['hello']);
});

test('a word about what failed is not told of in its turn', async () => {
  const world = chat();
  let tries = 0;
  world.world.send = () => {
    tries++;
    return refused();
  };
  world.delivery.put({ channel: CHAT, text: 'hello' });
  await world.clock.advance(60_000);
  expect(tries).toBe(2);
  expect(world.store.outbox.undelivered(CHAT)).toHaveLength(1);
});
