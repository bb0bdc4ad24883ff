import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { StoreError } from '../store/database.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { type Accepted, type InboundMessage, Inbox, KeyReusedError, QueueFullError } from './inbox.ts';

function setUp(options: { queueLimit?: number; maxPages?: number; path?: string } = {}) {
  const path = options.path ?? join(temporaryFolder(), 'gateway.db');
  const store = new Store(path, options.maxPages === undefined ? {} : { maxPages: options.maxPages });
  const started: TurnRow[] = [];
  const inbox = new Inbox({
    store,
    clock: new ManualClock(),
    queueLimit: options.queueLimit ?? 100,
    onAccepted: (turn) => started.push(turn),
  });
  return { path, store, started, inbox };
}

function message(prompt: string, overrides: Partial<InboundMessage> = {}): InboundMessage {
  return {
    session: 'api:default',
    source: 'api',
    sender: 'owner',
    prompt,
    attachments: [],
    queueMode: null,
    ...overrides,
  };
}

test('a message is on disk before its sender is told, with its place in the queue', async () => {
  const { inbox, store, started } = setUp();
  const first = await inbox.accept(message('one'));
  expect(store.turns.find(first.turn.id)).toEqual(first.turn);
  expect(store.events.after(first.turn.seq, 0)).toMatchObject([{ id: 1, type: 'queued' }]);
  const second = await inbox.accept(message('two'));
  expect([first.position, second.position]).toEqual([0, 1]);
  expect(started.map((turn) => turn.prompt)).toEqual(['one', 'two']);
});

test('a redelivery is the same turn, also at the same moment and after a restart', async () => {
  const { inbox, started, path, store } = setUp();
  const key = 'telegram:bot:42:7';
  const both = await Promise.all([
    inbox.accept(message('hi', { key })),
    inbox.accept(message('hi', { key })),
  ]);
  expect(both.map(({ duplicate }) => duplicate)).toEqual([false, true]);
  expect(both[0]?.turn.id).toBe(both[1]?.turn.id);
  expect(started).toHaveLength(1);
  store.close();

  const again = setUp({ path });
  const third = await again.inbox.accept(message('hi', { key }));
  expect(third.duplicate).toBe(true);
  expect(third.turn.id).toBe(both[0]?.turn.id);
  expect(again.started).toHaveLength(0);
});

test('the same key with another message is refused, and names the turn it belongs to', async () => {
  const { inbox } = setUp();
  const first = await inbox.accept(message('one', { key: 'k' }));
  const error = await inbox.accept(message('two', { key: 'k' })).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KeyReusedError);
  expect((error as KeyReusedError).turn).toBe(first.turn.id);
});

test('the same words for another model are another message', async () => {
  const { inbox } = setUp();
  const first = await inbox.accept(message('one', { key: 'k', modelWanted: 'large' }));
  expect((await inbox.accept(message('one', { key: 'k', modelWanted: 'large' }))).turn.id).toBe(
    first.turn.id,
  );
  for (const modelWanted of ['small', null])
    await expect(inbox.accept(message('one', { key: 'k', modelWanted }))).rejects.toThrow(KeyReusedError);
});

test('a full queue refuses the message that is too many, and no other', async () => {
  const { inbox, store } = setUp({ queueLimit: 3 });
  const results = await Promise.allSettled(
    ['a', 'b', 'c', 'd', 'e'].map((prompt) => inbox.accept(message(prompt))),
  );
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  expect((results[3] as PromiseRejectedResult).reason).toBeInstanceOf(QueueFullError);
  expect(store.turns.countWaiting('api:default')).toBe(3);
  const other = await inbox.accept(message('f', { session: 'api:other' }));
  expect(other.position).toBe(0);
});

test('a full disk refuses the message and starts nothing', async () => {
  const { inbox, started } = setUp({ maxPages: 80 });
  const error = await inbox.accept(message('x'.repeat(1_000_000))).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreError);
  expect((error as StoreError).code).toBe('full');
  expect(started).toHaveLength(0);
  await expect(inbox.accept(message('small'))).resolves.toMatchObject({ duplicate: false });
});

test('messages that come together share one transaction and keep their order', async () => {
  const { inbox, store } = setUp({ queueLimit: 1000 });
  const prompts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
  const accepted: Accepted[] = await Promise.all(prompts.map((prompt) => inbox.accept(message(prompt))));
  expect(accepted.map(({ position }) => position)).toEqual(prompts.map((_, index) => index));
  expect(store.turns.waiting('api:default', 1000).map((turn) => turn.prompt)).toEqual(prompts);
});

test('its sender is told when the disk has it, while the turn has begun already', async () => {
  const { inbox, store, started } = setUp();
  const syncs: (() => void)[] = [];
  store.synced = () => new Promise((resolve) => syncs.push(resolve));
  let told = false;
  const accepted = inbox.accept(message('one')).then(() => {
    told = true;
  });
  await until('the turn to begin', () => started.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toBe(false);
  for (const finish of syncs) finish();
  await accepted;
});

test('where the disk fails to sync, the sender is not told that it was accepted', async () => {
  const { inbox, store } = setUp();
  store.synced = () => Promise.reject(new StoreError('io', 'the disk failed'));
  await expect(inbox.accept(message('one'))).rejects.toThrow('the disk failed');
});

test('messages that come one in each turn of the event loop, as connections do, share a transaction', async () => {
  const { inbox, store } = setUp();
  let transactions = 0;
  const { transaction } = store;
  store.transaction = (durability, work) => {
    transactions++;
    return transaction.call(store, durability, work) as ReturnType<typeof work>;
  };
  const accepted: Promise<Accepted>[] = [];
  for (let count = 0; count < 30; count++) {
    accepted.push(inbox.accept(message(`${count}`)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(accepted);
  expect(transactions).toBeLessThan(15);
});
