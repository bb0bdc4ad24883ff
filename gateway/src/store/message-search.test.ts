/** Searching what was said: words that anybody may type, none of which is an operator to the database. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';

function search() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const { messages } = store;
  const say = (session: string, text: string) =>
    messages.insert({ session, turn: 't', role: 'user', text, at: 0 });
  say('api:a', 'The cat is called Tarantella');
  say('api:b', 'a cat AND a dog');
  say('api:b', 'Über die Brücke');
  const found = (query: string, session: string | null = null, limit = 10): string[] =>
    messages.search(query, limit, session).map(({ text }) => text);
  return { found, messages };
}

test.each(['', ' ', '!!!', '"', '*', '()', '-', '???  …', '🐈'])(
  'of %j, which holds no word, nothing is found',
  (query) => {
    expect(search().found(query)).toEqual([]);
  },
);

test.each([
  ['cat', 2],
  ['cat AND dog', 1],
  ['cat OR dog', 0], // words like any other, each of which is to be there
  ['NOT cat', 0],
  ['"cat dog"', 1],
  ['cat NEAR(dog)', 0],
  ['text:cat', 0],
  ['taran', 1], // the last word is a prefix
  ['taran cat', 0],
  ['UBER brucke', 1],
])('%s', (query, hits) => {
  expect(search().found(query)).toHaveLength(hits);
});

test('only in the session that is named, at most as many as asked for, with the words marked', () => {
  const { found, messages } = search();
  expect(found('cat', 'api:a')).toEqual(['The cat is called Tarantella']);
  expect(found('cat', 'api:c')).toEqual([]);
  expect(found('cat', null, 1)).toHaveLength(1);
  expect(messages.search('dog', 1)[0]).toMatchObject({ snippet: 'a cat AND a «dog»', session: 'api:b' });
});
