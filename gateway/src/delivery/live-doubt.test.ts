/** The first words of an answer, of which nobody knows whether they are shown: a kill, or a call that broke off. */
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { NumberedEvent, TurnEvent } from '@mobyclaw/protocol/events';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import type { Channel, SendOptions, SendResult } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel-error.ts';
import type { RenderedPart } from '../render/part.ts';
import { plainRenderer } from '../render/plain-renderer.ts';
import { StoreError } from '../store/database.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { Delivery } from './delivery.ts';

const CHAT = 'discord:dm:1';
const WINDOW_MS = 120_000;
const started: TurnEvent = { type: 'started', data: { turn: 't', session: CHAT } };
const token = (text: string): TurnEvent => ({ type: 'token', data: { text } });

const broken = new ChannelError({
  channel: 'discord',
  method: 'send',
  code: 'timeout',
  message: 'no answer in time',
  remedy: 'retry',
});

/** A platform that shows a message with the same nonce once, as it was the first time. */
class Platform {
  readonly messages = new Map<string, string>();
  readonly lives: boolean[] = [];
  /** What becomes of the next send, beyond that it is carried out. */
  outcome: (() => Promise<SendResult>) | null = null;
  readonly #byNonce = new Map<string, string>();
  readonly #repeatableMs: number;

  constructor(repeatableMs = WINDOW_MS) {
    this.#repeatableMs = repeatableMs;
  }

  get shown(): string[] {
    return [...this.messages.values()];
  }

  /** A connection, as a process has one. */
  connect(): Channel {
    return {
      abilities: {
        text: { max: 2000, unit: 'utf16' },
        editEveryMs: 1000,
        buttons: true,
        typingMs: null,
        sendRepeatableMs: this.#repeatableMs,
        fileBytes: null,
        deafAfterMs: 45_000,
      },
      send: (_to: string, part: RenderedPart, options: SendOptions) => this.#send(part.text, options),
      edit: async (_to: string, id: string, part: RenderedPart) => {
        this.messages.set(id, part.text);
        return { status: 'sent', ids: [id] };
      },
      remove: async (_to: string, id: string) => {
        this.messages.delete(id);
        return { status: 'sent', ids: [] };
      },
    } as unknown as Channel;
  }

  async #send(text: string, { nonce, live }: SendOptions): Promise<SendResult> {
    this.lives.push(live);
    const id = this.#byNonce.get(nonce) ?? String(this.messages.size + 1);
    if (!this.#byNonce.has(nonce)) this.messages.set(id, text);
    this.#byNonce.set(nonce, id);
    const { outcome } = this;
    this.outcome = null;
    return outcome ? outcome() : { status: 'sent', ids: [id] };
  }
}

function processOn(store: Store, platform: Platform, clock: ManualClock) {
  const channel = platform.connect();
  let listener: ((event: NumberedEvent) => void) | null = null;
  const delivery = new Delivery({
    timeZone: 'UTC',
    store,
    channel: () => channel,
    report: () => undefined,
    rendererOf: () => plainRenderer,
    follow(_turn, follower) {
      listener = follower;
      return () => undefined;
    },
    defaultQueueMode: 'followup',
    clock,
    logger: silentLogger,
  });
  let id = 0;
  return {
    delivery,
    watch: () => delivery.watch({ id: 't', session: CHAT, deliverTo: { channel: CHAT } } as TurnRow),
    say(...events: TurnEvent[]): void {
      for (const event of events) listener?.({ id: ++id, ...event } as NumberedEvent);
    },
    /** The end of the turn, as the transaction writes it that stores the answer. */
    end(text: string): void {
      const row = {
        id: crypto.randomUUID(),
        channel: CHAT,
        replyTo: null,
        turn: 't',
        text,
        createdAt: clock.now(),
      };
      store.transaction('durable', () => store.outbox.insert({ ...row, kind: 'answer' }));
      this.say({ type: 'done', data: { turn: 't', session: CHAT, text, usage: null } });
      delivery.wake(CHAT);
    },
  };
}

function setUp(repeatableMs?: number) {
  const clock = new ManualClock();
  const platform = new Platform(repeatableMs);
  return { clock, platform, store: new Store(join(temporaryFolder(), 'gateway.db')) };
}

/** A process that is gone while its first words are being sent. */
async function killedAtFirstWords({ clock, platform, store }: ReturnType<typeof setUp>): Promise<void> {
  const before = processOn(store, platform, clock);
  platform.outcome = () => new Promise(() => undefined);
  before.watch();
  before.say(started, token('the first'));
  await clock.advance(600);
  expect(platform.shown).toEqual(['the first']);
  const gone = before.delivery.drain(0);
  await clock.advance(1);
  await gone;
}

test('killed while the first words are sent: the next process goes on in that message', async () => {
  const world = setUp();
  await killedAtFirstWords(world);
  const { clock, platform, store } = world;
  const after = processOn(store, platform, clock);
  after.watch();
  after.say(started, token('the first words'));
  await clock.advance(2000);
  expect(platform.shown).toEqual(['the first words']);
  after.end('the first words, and the last');
  await clock.advance(2000);
  expect(platform.shown).toEqual(['the first words, and the last']);
  expect(platform.lives).toEqual([true, false]);
});

test('killed while the first words are sent, and the turn ended otherwise: the answer is brought into that message', async () => {
  const world = setUp();
  await killedAtFirstWords(world);
  const { clock, platform, store } = world;
  const after = processOn(store, platform, clock);
  platform.outcome = async () => ({ status: 'failed', error: broken });
  after.end('the first words, and the last');
  await clock.advance(10_000);
  expect(platform.shown).toEqual(['the first words, and the last']);
});

test('the turn was merged into another one: what it showed is found and taken back', async () => {
  const world = setUp();
  await killedAtFirstWords(world);
  const { clock, platform, store } = world;
  processOn(store, platform, clock).end('');
  await clock.advance(3000);
  expect(platform.shown).toEqual([]);
});

test.each([
  { name: 'later than the platform knows the nonce', repeatableMs: WINDOW_MS, laterMs: WINDOW_MS },
  { name: 'on a platform that knows none', repeatableMs: 0, laterMs: 0 },
])('$name it is left alone, and the answer comes whole', async ({ repeatableMs, laterMs }) => {
  const world = setUp(repeatableMs);
  await killedAtFirstWords(world);
  const { clock, platform, store } = world;
  clock.jump(laterMs);
  const after = processOn(store, platform, clock);
  after.watch();
  after.say(started, token('the first words'));
  await clock.advance(2000);
  expect(platform.shown).toEqual(['the first']);
  after.end('the first words, and the last');
  await clock.advance(2000);
  expect(platform.shown).toEqual(['the first', 'the first words, and the last']);
});

test('the first words were shown although the call broke off: they go on in the same message', async () => {
  const { clock, platform, store } = setUp();
  const moby = processOn(store, platform, clock);
  platform.outcome = async () => ({ status: 'failed', error: broken });
  moby.watch();
  moby.say(started, token('the first'));
  await clock.advance(600);
  moby.say(token(' words'));
  await clock.advance(3000);
  expect(platform.shown).toEqual(['the first words']);
  expect(platform.lives).toEqual([true, true]);
  moby.end('the first words, and the last');
  await clock.advance(2000);
  expect(platform.shown).toEqual(['the first words, and the last']);
});

test.each(['send', 'edit'])(
  'the disk does not take the id after the %s: it is kept until it does, and is no doubt',
  async (call) => {
    const { clock, platform, store } = setUp(0);
    const moby = processOn(store, platform, clock);
    const { outbox } = store;
    const setLive = outbox.setLive.bind(outbox);
    let refusals = 2;
    outbox.setLive = (turn, key, row) => {
      const after = row.message !== null && (call === 'send' || platform.shown[0] === 'the first words');
      if (after && refusals-- > 0) throw new StoreError('full', 'the disk is full');
      setLive(turn, key, row);
    };
    moby.watch();
    moby.say(started, token('the first'));
    await clock.advance(600);
    moby.say(token(' words'));
    await clock.advance(10_000);
    expect(refusals).toBeLessThan(1);
    expect(outbox.live('t')).toMatchObject([{ message: '1' }]);
    expect(platform.shown).toEqual(['the first words']);
    moby.end('the first words, and the last');
    await clock.advance(2000);
    expect(platform.shown).toEqual(['the first words, and the last']);
  },
);

test('the turn ends while the id is not on disk yet: the answer is brought into that message', async () => {
  const { clock, platform, store } = setUp(0);
  const moby = processOn(store, platform, clock);
  const { outbox } = store;
  const setLive = outbox.setLive.bind(outbox);
  let full = true;
  outbox.setLive = (turn, key, row) => {
    if (full && row.message !== null) throw new StoreError('full', 'the disk is full');
    setLive(turn, key, row);
  };
  moby.watch();
  moby.say(started, token('the first'));
  await clock.advance(600);
  moby.end('the first words, and the last');
  await clock.advance(5000);
  expect(platform.shown).toEqual(['the first']);
  full = false;
  await clock.advance(5000);
  expect(platform.shown).toEqual(['the first words, and the last']);
});
