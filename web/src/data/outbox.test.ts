import { expect, test } from 'vitest';
import { ApiError, OfflineError } from './api.ts';
import { Outbox, type OutboxEntry, type OutboxOptions } from './outbox.ts';

/** A gateway that knows its keys, and a device that keeps what it is given. */
function place() {
  const kept = new Map<string, OutboxEntry>();
  const turns = new Map<string, string>();
  const place = {
    kept,
    turns,
    /** What happens to each sending: it arrives, it gets lost on the way there, or its answer on the way back. */
    line: 'works' as 'works' | 'down' | 'answer-lost' | 'refuses',
    sent: [] as string[],
    /** What the device keeps is read and written only once this is there. */
    slowStore: Promise.resolve(),
    storeIsFull: false,
    later: [] as (() => void)[],
    open(): Outbox {
      let keys = turns.size + kept.size;
      const options: OutboxOptions = {
        store: {
          all: async () => {
            const stored = [...kept.values()];
            await place.slowStore;
            return stored;
          },
          put: async (entry) => {
            await place.slowStore;
            if (place.storeIsFull) throw new Error('There is no room left on this device.');
            kept.set(entry.key, entry);
          },
          remove: async (key) => void kept.delete(key),
        },
        async send({ key, text, session }) {
          place.sent.push(text);
          if (place.line === 'down') throw new OfflineError('down');
          if (place.line === 'refuses') throw new ApiError(422, 'validation-failed', 'Too long.');
          if (!turns.has(key)) turns.set(key, text);
          if (place.line === 'answer-lost') throw new OfflineError('cut');
          return { turn: `turn-${key}`, session, position: 0, duplicate: false };
        },
        alone: (work) => work(),
        tellOthers: () => undefined,
        newKey: () => `k${++keys}`,
        now: () => 0,
        later: (work) => void place.later.push(work),
      };
      return new Outbox(options);
    },
  };
  return place;
}

const message = (text: string, session = 'web:main') => ({ session, text, files: [] });

test('what is sent goes out at once, and is gone from the device when the gateway has it', async () => {
  const at = place();
  const outbox = at.open();
  const { key } = await outbox.add(message('hello'));
  await outbox.pump();
  expect([...at.turns.values()]).toEqual(['hello']);
  expect([outbox.entries.value, at.kept.size]).toEqual([[], 0]);
  expect(outbox.accepted.value).toMatchObject([{ turn: `turn-${key}` }]);
  outbox.forget(new Set([key]));
  expect(outbox.accepted.value).toEqual([]);
});

test('without a line it waits, survives a reload, and goes out once, in the order it was written', async () => {
  const at = place();
  at.line = 'down';
  const before = at.open();
  for (const text of ['one', 'two', 'three']) await before.add(message(text));
  await before.pump();
  expect(before.entries.value).toHaveLength(3);
  const after = at.open();
  await after.load();
  expect(after.entries.value.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  at.line = 'works';
  await Promise.all([after.pump(), after.pump(), before.pump()]);
  expect([...at.turns.values()]).toEqual(['one', 'two', 'three']);
  expect(at.kept.size).toBe(0);
});

test('where only the answer was lost, the same message is not sent as another one', async () => {
  const at = place();
  at.line = 'answer-lost';
  const outbox = at.open();
  await outbox.add(message('pay'));
  await outbox.pump();
  at.line = 'works';
  await outbox.pump();
  expect([...at.turns.values()]).toEqual(['pay']);
  expect(outbox.entries.value).toEqual([]);
});

test('it tries again by itself, and what is seen as a turn is not sent any more', async () => {
  const at = place();
  at.line = 'down';
  const outbox = at.open();
  await outbox.add(message('later'));
  await outbox.pump();
  at.line = 'works';
  for (const work of at.later.splice(0)) work();
  await outbox.pump();
  expect([...at.turns.values()]).toEqual(['later']);
  at.line = 'answer-lost';
  const { key } = await outbox.add(message('seen'));
  await outbox.pump();
  outbox.confirm(new Set([null, key]));
  expect(outbox.entries.value).toEqual([]);
});

test('what is refused stays with its reason and holds up its own conversation alone', async () => {
  const at = place();
  at.line = 'refuses';
  const outbox = at.open();
  const { key } = await outbox.add(message('too long'));
  await outbox.pump();
  expect(outbox.entries.value).toMatchObject([{ refused: 'Too long.' }]);
  at.line = 'works';
  await outbox.add(message('elsewhere', 'web:b'));
  await outbox.pump();
  expect([...at.turns.values()]).toEqual(['elsewhere']);
  await outbox.retry(key);
  expect([...at.turns.values()]).toEqual(['elsewhere', 'too long']);
  expect(at.kept.size).toBe(0);
});

test('what is discarded is not sent', async () => {
  const at = place();
  at.line = 'down';
  const outbox = at.open();
  const { key } = await outbox.add(message('no'));
  await outbox.pump();
  await outbox.discard(key);
  at.line = 'works';
  await outbox.pump();
  expect([at.turns.size, at.kept.size]).toEqual([0, 0]);
});

test('what is written while the store is being read is not lost over it, and what another tab sent is not sent again', async () => {
  const at = place();
  at.line = 'down';
  const outbox = at.open();
  await outbox.add(message('sent elsewhere'));
  await outbox.pump();
  at.kept.clear(); // the other tab had a line
  at.sent.length = 0;
  at.line = 'works';
  const read = Promise.withResolvers<void>();
  at.slowStore = read.promise;
  const pumped = outbox.pump();
  const added = outbox.add(message('meanwhile'));
  read.resolve();
  await Promise.all([pumped, added]);
  await outbox.pump();
  expect(at.sent).toEqual(['meanwhile']);
  expect(outbox.entries.value).toEqual([]);
});

test('a device without room sends all the same, and says what it could not keep', async () => {
  const at = place();
  at.storeIsFull = true;
  const outbox = at.open();
  await outbox.add(message('hello'));
  await outbox.pump();
  expect([...at.turns.values()]).toEqual(['hello']);
  expect(outbox.problem.value).toContain('no room left');
});

test('what was refused is tried again when its writer wants it, and goes out then', async () => {
  const at = place();
  at.line = 'refuses';
  const outbox = at.open();
  const { key } = await outbox.add(message('long'));
  await outbox.pump();
  expect(outbox.entries.value).toMatchObject([{ key, refused: 'Too long.' }]);
  at.line = 'works';
  await outbox.retry('another');
  expect([...at.turns.values()]).toEqual([]);
  await outbox.retry(key);
  expect([[...at.turns.values()], outbox.entries.value]).toEqual([['long'], []]);
});
