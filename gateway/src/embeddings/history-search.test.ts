/** How much of what was said a moment ago a search knows. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import { HistorySearch } from './history-search.ts';

const NOW = Date.parse('2026-06-30T12:00:00Z');

function historyOf(messages: number) {
  const store = new Store(join(temporaryFolder(), 'gateway.db'), { timeZone: 'UTC' });
  onTestFinished(() => store.close());
  store.transaction('relaxed', () => {
    for (let at = 1; at <= messages; at++)
      store.messages.insert({
        session: 'api:a',
        turn: 't',
        role: 'user',
        text: `word${at} was said`,
        at: NOW,
      });
  });
  const search = async (query: string) => {
    const found = await new HistorySearch(store.history, null).search({
      phrasings: [query],
      limit: 1,
      now: NOW,
    });
    return { first: found.hits[0]?.text, missing: found.missing };
  };
  return { search };
}

test('all that was said since the index was last looked after, in a quick conversation too', async () => {
  const { search } = historyOf(950);
  expect(await search('word950')).toEqual({ first: 'word950 was said', missing: 0 });
});

test('an index of all that was ever said is not waited for, and what it lacks is counted', async () => {
  const { search } = historyOf(1300);
  expect(await search('word100')).toEqual({ first: 'word100 was said', missing: 1100 });
});
