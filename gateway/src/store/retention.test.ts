import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { FORGET_LOG, TURNS_WITH_LOG } from './event-store.ts';
import { Retention } from './retention.ts';
import { Store } from './store.ts';
import { FORGET_INBOX } from './turn-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function openStore(): Store {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  return store;
}

/** A turn with a log of so many events, and its key in the inbox. @returns its place in the order of arrival */
function addTurn(
  store: Store,
  id: string,
  finishedAt: number | null,
  events: number,
  receivedAt = 0,
): number {
  return store.transaction('relaxed', () => {
    const said = {
      session: 'api:a',
      source: 'api',
      sender: 'owner',
      prompt: 'a',
      attachments: [],
      queueMode: null,
    };
    const turn = store.turns.insert({ id, ...said, createdAt: 0 });
    store.turns.insertInboxEntry(id, { turn: id, bodyHash: '' }, receivedAt);
    const rows = Array.from({ length: events }, (_, index) => {
      return { turn, id: index + 1, type: index === events - 1 ? 'done' : 'token', data: '{}' };
    });
    store.events.insert(rows);
    const end = { state: 'done', answer: '', error: null, usage: null } as const;
    if (finishedAt !== null) store.turns.finish(id, { ...end, finishedAt });
    return turn;
  });
}

function eventsOf(store: Store, turn: number): number {
  return store.events.after(turn, 0).length;
}

it('forgets the logs of turns that ended more than a day ago, and no others', async () => {
  const store = openStore();
  const clock = new ManualClock(100 * DAY);
  const now = clock.now();
  const old = addTurn(store, 'old', now - DAY - 1, 3);
  const young = addTurn(store, 'young', now - DAY + HOUR, 3);
  const open = addTurn(store, 'open', null, 3);
  const oldAgain = addTurn(store, 'arrived late, ended early', now - 2 * DAY, 3);
  await new Retention({ store, clock, logger: silentLogger }).sweep();
  expect([old, young, open, oldAgain].map((turn) => eventsOf(store, turn))).toEqual([0, 3, 3, 0]);
  expect(store.turns.find('old')).toMatchObject({ state: 'done' });
});

it('forgets keys of the inbox after thirty days', async () => {
  const store = openStore();
  const clock = new ManualClock(100 * DAY);
  addTurn(store, 'old', null, 1, clock.now() - 30 * DAY - 1);
  addTurn(store, 'young', null, 1, clock.now() - 30 * DAY + 1);
  await new Retention({ store, clock, logger: silentLogger }).sweep();
  expect(store.turns.inboxEntry('old')).toBeNull();
  expect(store.turns.inboxEntry('young')).not.toBeNull();
});

it('forgets a log in slices, its end last, and goes on until all are gone', () => {
  const store = openStore();
  const long = addTurn(store, 'long', 0, 25);
  const others = Array.from({ length: 30 }, (_, index) => addTurn(store, `other ${index}`, 0, 1));
  const open = addTurn(store, 'open', null, 5);
  const left: number[] = [];
  let slices = 0;
  for (let after: number | null = 0; after !== null; slices++) {
    after = store.events.forgetFinishedBefore(DAY, after, 10);
    left.push(eventsOf(store, long));
    if ((left.at(-1) ?? 0) > 0) expect(store.events.lastType(long)).toBe('done');
  }
  expect(left.slice(0, 4)).toEqual([15, 5, 0, 0]);
  expect(slices).toBeLessThan(12);
  expect(others.reduce((sum, turn) => sum + eventsOf(store, turn), 0)).toBe(0);
  expect(eventsOf(store, open)).toBe(5);
});

it('forgets not more keys at once than it is told', () => {
  const store = openStore();
  for (let index = 0; index < 25; index++) addTurn(store, `turn ${index}`, null, 1);
  expect([10, 10, 10].map((most) => store.turns.forgetInboxBefore(1, most))).toEqual([10, 10, 5]);
});

it('stops between two slices', async () => {
  const store = openStore();
  const turns = [addTurn(store, 'a', 0, 2000), addTurn(store, 'b', 0, 2000)];
  const retention = new Retention({ store: store, clock: new ManualClock(100 * DAY), logger: silentLogger });
  setImmediate(() => retention.stop()); // in the next turn of the event loop, as the second slice
  await retention.sweep();
  expect(turns.map((turn) => eventsOf(store, turn))).toEqual([0, 2000]);
});

it('searches by an index, and never walks the turns there ever were', () => {
  const store = openStore();
  const database = new DatabaseSync(store.path, { readOnly: true });
  onTestFinished(() => database.close());
  const plan = (sql: string): string[] =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail));
  expect(plan(FORGET_INBOX)).toContain('SEARCH inbox USING COVERING INDEX inbox_age (received_at<?)');
  for (const sql of [TURNS_WITH_LOG, FORGET_LOG, FORGET_INBOX]) {
    // `logged` is what the search itself yields, row by row.
    const scans = plan(sql).filter((step) => step.startsWith('SCAN') && step !== 'SCAN logged');
    expect(scans.filter((step) => !/CONSTANT/.test(step))).toEqual([]);
  }
  expect(plan(TURNS_WITH_LOG).filter((step) => step.startsWith('SEARCH'))).toEqual([
    expect.stringMatching(/^SEARCH events USING PRIMARY KEY \(turn>\?\)$/),
    expect.stringMatching(/^SEARCH events USING PRIMARY KEY \(turn>\?\)$/),
    expect.stringMatching(/^SEARCH turns USING INTEGER PRIMARY KEY \(rowid=\?\)$/),
  ]);
});

it('begins a minute after the start, so that a gateway which is restarted within each hour does it too', async () => {
  const store = openStore();
  const clock = new ManualClock(100 * DAY);
  const old = addTurn(store, 'old', clock.now() - 2 * DAY, 3);
  const retention = new Retention({ store, clock, logger: silentLogger });
  retention.start();
  await clock.advance(60_000);
  await until('the log to be gone', () => eventsOf(store, old) === 0);
  const next = addTurn(store, 'next', clock.now() - 2 * DAY, 3);
  await clock.advance(HOUR);
  await until('the next to be gone', () => eventsOf(store, next) === 0);
  retention.stop();
});

it('forgets what of the messengers is done with, and nothing that is not', async () => {
  const store = openStore();
  const clock = new ManualClock(100 * DAY);
  const now = clock.now();
  addTurn(store, 'ended', now - HOUR, 1);
  addTurn(store, 'open', null, 1);
  store.transaction('relaxed', () => {
    store.arrivals.insert('old', 'telegram:dm:1', null, now - 30 * DAY - 1);
    store.arrivals.insert('young', 'telegram:dm:1', null, now - 30 * DAY);
    store.arrivals.insert('open', 'telegram:dm:1', '{}', now - 60 * DAY);
    for (const turn of ['ended', 'open']) {
      store.pieces.insert(turn, [{ key: `old ${turn}`, before: '', text: 'a' }], now - HOUR - 1);
    }
    store.pieces.insert('young', [{ key: 'young', before: '', text: 'a' }], now - HOUR);
    for (const [id, doneAt] of Object.entries({
      old: now - 7 * DAY - 1,
      young: now - 7 * DAY,
      waits: null,
    })) {
      const message = {
        channel: 'telegram:dm:1',
        replyTo: null,
        turn: null,
        kind: 'message',
        text: 'a',
      } as const;
      store.outbox.insert({ id, ...message, files: [], createdAt: now - 60 * DAY });
      if (doneAt !== null) store.outbox.done(store.outbox.find(id)?.seq ?? 0, doneAt);
    }
    for (const [code, expiresAt] of Object.entries({ old: now, young: now + 1 })) {
      const person = { platform: 'telegram', user: code, name: code, channel: 'telegram:dm:1' } as const;
      store.access.insertPairing({ code, ...person, createdAt: 0, expiresAt, rejected: false });
    }
  });
  await new Retention({ store, clock, logger: silentLogger }).sweep();
  const keys = ['old', 'young', 'open'];
  expect(keys.map((key) => store.arrivals.has(key))).toEqual([false, true, true]);
  expect(['old ended', 'old open', 'young'].map((key) => store.pieces.find(key) !== null)).toEqual([
    false,
    true,
    true,
  ]);
  expect(['old', 'young', 'waits'].map((id) => store.outbox.find(id) !== null)).toEqual([false, true, true]);
  expect(store.access.pairings(0).map(({ code }) => code)).toEqual(['young']);
});

it('what cannot be forgotten holds up nothing else', async () => {
  const store = openStore();
  const clock = new ManualClock(100 * DAY);
  addTurn(store, 'old', null, 1, clock.now() - 30 * DAY - 1);
  store.events.forgetFinishedBefore = () => {
    throw new Error('the disk is full');
  };
  await new Retention({ store, clock, logger: silentLogger }).sweep();
  expect(store.turns.inboxEntry('old')).toBeNull();
});
