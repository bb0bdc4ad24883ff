/** Searching what was said: words that anybody may type, over conversations that change their names, by an index that may be lost. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLogger, silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { HistoryRequest } from './history-index.ts';
import { HistoryIndexer } from './history-indexer.ts';
import type { MessageRole } from './message-store.ts';
import { Store } from './store.ts';

const NOW = Date.parse('2026-06-30T12:00:00Z'); // a Tuesday
const DAY_MS = 86_400_000;

function openHistory(path = join(temporaryFolder(), 'gateway.db'), timeZone = 'UTC') {
  const store = new Store(path, { timeZone });
  let open = true;
  const close = (): void => {
    if (open) store.close();
    open = false;
  };
  onTestFinished(close);
  const say = (session: string, text: string, at = NOW, role: MessageRole = 'user') =>
    store.messages.insert({ session, turn: 't', role, text, at });
  const search = (query: string, more: Partial<HistoryRequest> = {}) =>
    store.history.search({ phrasings: [query], limit: 10, now: NOW, ...more });
  const found = (query: string, more: Partial<HistoryRequest> = {}): string[] =>
    search(query, more).hits.map(({ text }) => text);
  return { store, close, say, search, found, index: join(dirname(path), '.index/history.db'), path };
}

test('a hit names its conversation as its owner calls it', () => {
  const { store, say, search } = openHistory();
  store.sessions.ensure('api:a', NOW);
  store.sessions.setTitle('api:a', 'Pets');
  say('api:a', 'The cat is called Tarantella');
  say('api:b', 'a cat and a dog');
  const titles = search('cat').hits.map(({ session, title }) => [session, title]);
  expect(titles.toSorted()).toEqual([
    ['api:a', 'Pets'],
    ['api:b', null],
  ]);
});

function withCats() {
  const history = openHistory();
  history.say('api:a', 'The cat is called Tarantella');
  history.say('api:b', 'a cat AND a dog');
  history.say('api:c', 'Über die Brücke');
  return history;
}

test.each(['', ' ', '!!!', '"', '*', '()', '-', '???  …', '🐈'])(
  'of %j, which holds no word, nothing is found',
  (query) => {
    expect(withCats().found(query)).toEqual([]);
  },
);

test.each([
  ['cat', 'The cat is called Tarantella', 2],
  ['cat AND dog', 'a cat AND a dog', 2], // words like any other; what has more of them goes first
  ['dog NOT cat', 'a cat AND a dog', 2],
  ['cat NEAR(dog)', 'a cat AND a dog', 2],
  ['"cat dog"', 'a cat AND a dog', 2],
  ['text:dog', 'a cat AND a dog', 1],
  ['taran', 'The cat is called Tarantella', 1], // a word may begin so
  ['tarantela', 'The cat is called Tarantella', 1], // or be misspelt
  ['UBER brucke', 'Über die Brücke', 1],
])('%s', (query, best, hits) => {
  const found = withCats().found(query);
  expect(found).toHaveLength(hits);
  expect([found[0], found[1]]).toContain(best);
  if (query !== 'cat') expect(found[0]).toBe(best);
});

test('only in the session that is named, at most as many as asked for, with the words marked', () => {
  const { found, search } = withCats();
  expect(found('cat', { session: 'api:a' })).toEqual(['The cat is called Tarantella']);
  expect(found('cat', { session: 'api:nowhere' })).toEqual([]);
  expect(found('cat', { limit: 1 })).toHaveLength(1);
  expect(search('dog').hits[0]).toMatchObject({ snippet: 'a cat AND a «dog»', session: 'api:b', score: 1 });
});

test('what was said right before and after stands with a hit, of its own conversation and without markers', () => {
  const { say, search } = openHistory();
  say('api:a', 'What is your cat called?');
  say('api:b', 'something else');
  say('api:a', 'Her name is Tarantella', NOW, 'assistant');
  say('api:a', 'new conversation', NOW, 'marker');
  say('api:a', `A good name. ${'x '.repeat(200)}`);
  const [hit] = search('Tarantella').hits;
  expect(hit).toMatchObject({ before: 'What is your cat called?', speaker: 'Moby' });
  expect(hit?.after).toMatch(/^A good name\. .{180,190}$/);
  expect(search('new conversation').hits.map(({ role }) => role)).not.toContain('marker');
});

test('age costs nothing; a time in the question, or from and to, leads to what was said then', () => {
  const { say, found } = openHistory();
  say('api:a', 'we bought the boat', NOW - 700 * DAY_MS);
  for (let day = 1; day < 60; day++)
    say('api:a', `a boat goes by, number ${day} of many`, NOW - day * DAY_MS);
  expect(found('when was the boat bought')[0]).toBe('we bought the boat');
  expect(found('boat yesterday')[0]).toContain('number 1 of');
  expect(found('what happened last week?')).toHaveLength(7);
  expect(found('boat', { within: { to: '2026-01-01' } })).toEqual(['we bought the boat']);
});

test('a passage of a long message is found, and the message is one hit', () => {
  const { say, search } = openHistory();
  const text = `${'many words of nothing '.repeat(100)}the violet umbrella, ${'and umbrella again '.repeat(100)}`;
  say('api:a', text);
  const { hits } = search('violet umbrella');
  expect(hits).toHaveLength(1);
  expect(hits[0]?.snippet).toContain('«violet» «umbrella»');
});

test('a chat that was renamed is one conversation, under the name it has now', () => {
  const { store, say, found, search } = openHistory();
  say('telegram:group:-1', 'the boat is green');
  expect(found('boat')).toHaveLength(1);
  store.transaction('durable', () => {
    store.sessions.touch('telegram:group:-1', NOW);
    store.names.rename({ from: 'telegram:group:-1', to: 'telegram:group:-100', newMessages: true, at: NOW });
  });
  say('telegram:group:-100', 'the boat is blue');
  expect(found('boat', { session: 'telegram:group:-100' }).sort()).toEqual([
    'the boat is blue',
    'the boat is green',
  ]);
  expect(found('boat', { session: 'telegram:group:-1' })).toHaveLength(2);
  expect(search('boat').hits.map(({ session }) => session)).toEqual([
    'telegram:group:-100',
    'telegram:group:-100',
  ]);
});

test('an index that is gone, damaged or of another zone is made anew; a search waits for a hundred messages of it', async () => {
  const { store, close, say, search, index, path } = openHistory();
  for (let at = 0; at < 250; at++) say(`api:${at % 3}`, `message ${at} about boats`);
  expect(search('boats')).toMatchObject({ missing: 150 });
  const clock = new ManualClock(NOW);
  const indexer = new HistoryIndexer(store.history, clock, silentLogger);
  indexer.start();
  onTestFinished(() => indexer.stop());
  await clock.advance(5_000);
  await indexer.catchUp();
  expect(search('message 249')).toMatchObject({
    missing: 0,
    hits: expect.arrayContaining([expect.objectContaining({ text: 'message 249 about boats' })]),
  });
  rmSync(index);
  expect(search('boats')).toMatchObject({ missing: 150 });
  store.history.close();
  writeFileSync(index, 'no database at all '.repeat(500));
  expect(search('boats')).toMatchObject({ missing: 150 });
  await indexer.catchUp();
  close();
  const again = openHistory(path);
  expect(again.search('boats')).toMatchObject({ missing: 0 }); // gone on with
  again.store.history.close();
  const elsewhere = openHistory(path, 'Asia/Tokyo');
  expect(elsewhere.search('boats')).toMatchObject({ missing: 150 });
});

test('an index that cannot be written is told of once, until it could be, and without a stack', async () => {
  const logged: string[] = [];
  const logger = createLogger('test', 'info', { write: (line) => void logged.push(line) });
  let full = true;
  const history = {
    catchUp: () => {
      if (full) throw new Error('database or disk is full');
      return false;
    },
  };
  const indexer = new HistoryIndexer(history, new ManualClock(NOW), logger);
  await indexer.catchUp();
  await indexer.catchUp();
  expect(logged).toHaveLength(1);
  expect(JSON.parse(logged[0] ?? '')).toMatchObject({ reason: 'database or disk is full' });
  expect(logged[0]).not.toContain('stack');
  full = false;
  await indexer.catchUp();
  full = true;
  await indexer.catchUp();
  expect(logged).toHaveLength(2);
});

test('an index that knows more than the database is of another state of it', () => {
  const { close, say, search, path } = openHistory();
  for (let at = 0; at < 3; at++) say('api:a', `boat ${at}`);
  expect(search('boat').hits).toHaveLength(3);
  close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const restored = openHistory(path);
  restored.say('api:a', 'a boat of old');
  expect(restored.found('boat')).toEqual(['a boat of old']);
});

test('where nothing was said there is no index', () => {
  const { search, store, index } = openHistory();
  expect(store.history.catchUp(10)).toBe(false);
  expect(existsSync(index)).toBe(false);
  expect(search('boat')).toEqual({ hits: [], missing: 0 });
});
