/** What becomes of conversations with the years, on a real file. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { MIGRATIONS } from './migrations.ts';
import { Retention } from './retention.ts';
import { Store } from './store.ts';

const DAY = 86_400_000;
const NOW = 1000 * DAY;

function openStore(path = join(temporaryFolder(), 'gateway.db')): { store: Store; path: string } {
  const store = new Store(path);
  onTestFinished(() => store.close());
  return { store, path };
}

function sweep(store: Store, options: { keepMs?: number; isQuiet?: () => boolean } = {}): Promise<void> {
  return new Retention({ store, ...options, clock: new ManualClock(NOW), logger: silentLogger }).sweep();
}

/** An exchange that ended so many days ago. */
function said(
  store: Store,
  id: string,
  days: number,
  prompt = `question ${id}`,
  answer = `answer ${id}`,
): void {
  const at = NOW - days * DAY;
  const session = 'api:a';
  const file = { name: 'a.png', mime: 'image/png', data: 'AAAA' };
  const turn = { id, session, source: 'api', sender: 'owner', prompt, attachments: [file], queueMode: null };
  store.transaction('relaxed', () => {
    store.sessions.touch(session, at);
    store.turns.insert({ ...turn, createdAt: at });
    store.messages.insert({ session, turn: id, role: 'user', text: prompt, at });
    store.messages.insert({ session, turn: id, role: 'assistant', text: answer, at });
    store.turns.finish(id, { state: 'done', finishedAt: at, answer, error: null, usage: null });
  });
}

function column(path: string, sql: string): unknown {
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare(sql).all();
}

test('after a month a text is kept once, and a turn still has it; of a file its name stays', async () => {
  const { store, path } = openStore();
  said(store, 'old', 31);
  said(store, 'other', 31);
  store.transaction('relaxed', () =>
    store.messages.insert({
      session: 'api:a',
      turn: 'other',
      role: 'assistant',
      text: 'and more',
      at: NOW - 31 * DAY,
    }),
  );
  said(store, 'young', 29);
  await sweep(store);
  expect(column(path, 'SELECT id, prompt, answer FROM turns ORDER BY seq')).toEqual([
    { id: 'old', prompt: '', answer: null },
    { id: 'other', prompt: '', answer: null },
    { id: 'young', prompt: 'question young', answer: 'answer young' },
  ]);
  expect(store.turns.find('old')).toMatchObject({
    prompt: 'question old',
    answer: 'answer old',
    attachments: [{ name: 'a.png', mime: 'image/png', data: '' }],
  });
  expect(store.turns.find('other')?.answer).toBe('answer other');
  expect(store.turns.find('young')?.attachments).toMatchObject([{ data: 'AAAA' }]);
  expect(store.turnSummaries.of(new Set(['old'])).get('old')?.files).toEqual([
    { name: 'a.png', mime: 'image/png' },
  ]);
  await sweep(store);
  expect(store.turns.find('old')?.prompt).toBe('question old');
});

test('what is older than the owner keeps goes, and is not found any more; unset, all stays', async () => {
  const { store } = openStore();
  said(store, 'a', 800, 'about cellos');
  said(store, 'b', 800, 'about cellos too');
  said(store, 'c', 100, 'about cellos lately');
  store.history.catchUp(100);
  await sweep(store);
  expect(store.turns.find('a')).not.toBeNull();
  await sweep(store, { keepMs: 730 * DAY });
  expect(['a', 'b', 'c'].map((id) => store.turns.find(id)?.prompt)).toEqual([
    undefined,
    undefined,
    'about cellos lately',
  ]);
  const { hits, missing } = store.history.search({ phrasings: ['cellos'], limit: 1, now: NOW });
  expect([hits.map(({ turn }) => turn), missing]).toEqual([['c'], 0]);
  await sweep(store, { keepMs: 30 * DAY });
  expect(store.messages.newestId()).toBe(6); // the number is not given out again
});

test('the file grows smaller again; one of a version before does so from its first quiet night on', async () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const before = new DatabaseSync(path);
  for (const step of MIGRATIONS.slice(0, 28)) before.exec(step);
  before.exec('PRAGMA user_version = 28');
  before.close();
  const { store } = openStore(path);
  expect(store.isLoose()).toBe(true);
  for (let at = 0; at < 400; at++) said(store, `${at}`, 800, 'x'.repeat(10_000));
  await sweep(store);
  expect(store.isLoose()).toBe(true); // somebody may be waiting
  await sweep(store, { isQuiet: () => true });
  expect(store.isLoose()).toBe(false);
  const full = store.size();
  await sweep(store, { keepMs: 30 * DAY });
  expect(store.size()).toBeLessThan(full / 2);
  const fresh = openStore().store;
  expect(fresh.isLoose()).toBe(false);
});

test('rows that became shorter leave no half-empty pages behind for long', async () => {
  const { store } = openStore();
  for (let at = 0; at < 1000; at++) said(store, `${at}`, 31, 'question '.repeat(120), 'answer '.repeat(200));
  const full = store.size();
  await sweep(store);
  expect(store.isLoose()).toBe(true);
  await sweep(store, { isQuiet: () => true });
  expect(store.size()).toBeLessThan(full * 0.65);
  expect(store.turns.find('7')?.answer).toBe('answer '.repeat(200));
});

test('a delivery of a hook is remembered for a year', async () => {
  const { store, path } = openStore();
  const db = new DatabaseSync(path);
  db.exec(`INSERT INTO hook_deliveries (hook, delivery, turn, received_at) VALUES
    ('h', 'old', 't', ${NOW - 367 * DAY}), ('h', 'young', 't', ${NOW - 365 * DAY})`);
  db.close();
  await sweep(store);
  expect(column(path, 'SELECT delivery FROM hook_deliveries')).toEqual([{ delivery: 'young' }]);
});

test('what takes how much room is told, and how much is said in a month', () => {
  const { store } = openStore();
  said(store, 'a', 0, 'x'.repeat(50_000));
  const { bytes, tables, months } = store.storage();
  expect(tables.find(({ name }) => name === 'messages')?.bytes).toBeGreaterThan(50_000);
  expect(tables.map(({ name }) => name)).not.toContain('messages_session'); // indexes count to their table
  expect(tables.reduce((sum, table) => sum + table.bytes, 0)).toBeLessThanOrEqual(bytes);
  expect(months).toEqual([{ month: '1972-09', messages: 2, characters: 50_000 + 'answer a'.length }]);
});
