import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { Store } from '../store/store.ts';
import { EventLog } from './event-log.ts';

function setUp() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  const clock = new ManualClock();
  const log = new EventLog({ store, clock, logger: silentLogger });
  const seen: NumberedEvent[] = [];
  return { store, clock, log, seen, note: (event: NumberedEvent) => void seen.push(event) };
}

const token = (text: string) => ({ type: 'token' as const, data: { text } });
const done = { type: 'done' as const, data: { turn: 't', session: 's', text: 'abc', usage: null } };

test('a listener gets what is stored and what comes, without a gap or a repeat, from any point', () => {
  const { log, seen, note } = setUp();
  log.append(1, token('a'));
  log.append(1, token('b'));
  log.subscribe(1, 1, note);
  log.append(1, token('c'));
  log.finish([{ turn: 1, event: done }], () => undefined)(1);
  expect(seen.map(({ id, type }) => [id, type])).toEqual([
    [2, 'token'],
    [3, 'token'],
    [4, 'done'],
  ]);
  const late: NumberedEvent[] = [];
  log.subscribe(1, 0, (event) => late.push(event));
  expect(late.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test('tokens are stored soon, a tool call before anybody sees it', async () => {
  const { store, log, clock } = setUp();
  log.append(1, token('a'));
  expect(store.events.after(1, 0)).toHaveLength(0);
  await clock.advance(250);
  expect(store.events.after(1, 0)).toHaveLength(1);

  let storedWhenSeen = 0;
  log.subscribe(1, 1, () => {
    storedWhenSeen = store.events.after(1, 0).length;
  });
  log.append(1, {
    type: 'tool',
    data: { id: 'c1', name: 'shell', label: 'Running a command', phase: 'call' },
  });
  expect(storedWhenSeen).toBe(2);
});

test('text of many turns is stored in parts, so that no stream waits for all the others', async () => {
  const { store, log, clock } = setUp();
  const turns = Array.from({ length: 40 }, (_, index) => index + 1);
  const sizes: number[] = [];
  const { insert } = store.events;
  store.events.insert = (rows) => {
    sizes.push(rows.length);
    insert.call(store.events, rows);
  };
  let transactions = 0;
  const { transaction } = store;
  store.transaction = (durability, work) => {
    transactions++;
    return transaction.call(store, durability, work) as ReturnType<typeof work>;
  };
  for (const turn of turns) for (let count = 0; count < 3; count++) log.append(turn, token('a'));
  await clock.advance(250);
  await until('all turns', () => sizes.length === 40);
  expect(transactions).toBe(3);
  expect(turns.every((turn) => store.events.lastId(turn) === 3)).toBe(true);
});

test('what comes after everything was stored is stored as soon', async () => {
  const { store, log, clock } = setUp();
  for (const text of ['a', 'b', 'c']) {
    log.append(1, token(text));
    await clock.advance(250);
  }
  expect(store.events.after(1, 0)).toHaveLength(3);
  expect(clock.waiting).toBe(0);
});

test('the end is stored with the work it reports, or neither is', () => {
  const { store, log, seen, note } = setUp();
  log.append(1, token('a'));
  log.subscribe(1, 0, note);
  expect(() =>
    log.finish([{ turn: 1, event: done }], () => {
      throw new Error('the disk said no');
    }),
  ).toThrow('the disk said no');
  expect(seen.map(({ type }) => type)).toEqual(['token']);
  log.finish([{ turn: 1, event: done }], () => undefined)(1);
  expect(seen.map(({ id, type }) => [id, type])).toEqual([
    [1, 'token'],
    [2, 'done'],
  ]);
  expect(store.events.after(1, 0)).toHaveLength(2);
});

test('an attempt after a crash never uses a number again that a client may have seen', () => {
  const { store, log } = setUp();
  log.append(1, token('a'));
  log.flush();
  for (let unsaved = 0; unsaved < 50; unsaved++) log.append(1, token('lost in the crash'));

  const next = new EventLog({ store, clock: new ManualClock(), logger: silentLogger });
  next.beginAttempt(1, 2);
  const seen: number[] = [];
  next.subscribe(1, 51, ({ id }) => seen.push(id));
  next.append(1, token('b'));
  expect(seen).toEqual([1_000_001]);
});

test('turns keep their own numbers and their own listeners', () => {
  const { log, seen, note } = setUp();
  log.subscribe(2, 0, note);
  log.append(1, token('a'));
  log.append(2, token('b'));
  expect(seen).toEqual([{ id: 1, type: 'token', data: { text: 'b' } }]);
});

test('who unsubscribes hears nothing more', () => {
  const { log, seen, note } = setUp();
  const leave = log.subscribe(1, 0, note);
  leave?.();
  log.append(1, token('a'));
  expect(seen).toEqual([]);
});

test('an ending without a run of its own comes after all that a killed process may have shown and never stored', () => {
  const { store, clock, log } = setUp();
  const at = clock.now();
  const said = { id: 't', session: 's', source: 'api', sender: 'owner', prompt: 'p', attachments: [] };
  const turn = store.turns.insert({ ...said, queueMode: null, createdAt: at });
  store.turns.start('t', 'lease of a process that was killed', at);
  log.beginAttempt(turn, 1);
  const shown: number[] = [];
  log.subscribe(turn, 0, ({ id }) => shown.push(id));
  for (let count = 0; count < 50; count++) log.append(turn, token('x'));

  const next = new EventLog({ store, clock, logger: silentLogger });
  next.finish([{ turn, event: done }], () => undefined)(turn);
  const resumed: NumberedEvent[] = [];
  next.subscribe(turn, shown.at(-1) ?? 0, (event) => resumed.push(event));
  expect(resumed.map(({ type }) => type)).toEqual(['done']);
});
