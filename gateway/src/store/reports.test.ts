/** Reports read what they need: not the rows of all messages and turns, and no passage that is not shown. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';

function openStore(): Store {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  return store;
}

function say(store: Store, session: string, text: string, at: number): void {
  store.sessions.touch(session, at);
  store.messages.insert({ session, turn: `t${at}`, role: 'user', text, at });
}

test('conversations come in pages, the last used first', () => {
  const store = openStore();
  for (let at = 0; at < 5; at++) say(store, `api:s${at}`, 'hi', at);
  expect(store.sessions.list(2).map(({ key }) => key)).toEqual(['api:s4', 'api:s3']);
  expect(store.sessions.list(2, 4).map(({ key }) => key)).toEqual(['api:s0']);
});

test('counts and sums are read from indexes alone', () => {
  const store = openStore();
  const db = new DatabaseSync(store.path, { readOnly: true });
  onTestFinished(() => db.close());
  const plan = (sql: string): string =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      .join('; ');
  expect(plan("SELECT count(*) FROM messages WHERE session = 'a' AND role <> 'marker'")).toContain(
    'COVERING INDEX messages_said',
  );
  const ofTurns = 'FROM turns WHERE finished_at >= 1 AND model IS NOT NULL AND merged_into IS NULL';
  for (const column of ['model', 'source', 'session']) {
    const sums = 'sum(input_tokens + output_tokens), sum(cached_tokens), sum(coalesce(cost_usd, 0))';
    expect(plan(`SELECT ${column}, ${sums} ${ofTurns} GROUP BY ${column}`)).toContain(
      'COVERING INDEX turns_usage',
    );
  }
});
