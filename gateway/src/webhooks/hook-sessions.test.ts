/** Deliveries of one hook: each a conversation of its own, unless the owner asked for one, which stays within bounds. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { HOOK_SESSIONS_SCHEMA } from '../store/migrations/019-hook-sessions.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { Store } from '../store/store.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

async function deliver(moby: Harness, texts: readonly string[], extra: object = {}): Promise<string[]> {
  const { body } = await moby.call('POST', '/api/hooks', { body: { name: 'h', proof: 'bearer', ...extra } });
  const headers = { authorization: `Bearer ${body.secret}`, 'content-type': 'text/plain' };
  for (const raw of texts) {
    const { body: begun } = await moby.call('POST', '/hooks/h', { raw, headers });
    expect((await moby.follow(begun.turn).all()).at(-1)?.type).toBe('done');
  }
  return (moby.agent?.stats().runs ?? []).map(({ session }) => session);
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `delivery number ${index}`);

test('each delivery begins anew, and knows nothing of those before', async () => {
  const moby = await openHarness();
  const sessions = await deliver(moby, texts(3));
  expect(new Set(sessions).size).toBe(3);
  expect(moby.agent?.stats().runs.at(-1)?.prompt).not.toContain('delivery number 1');
  expect((await moby.call('GET', '/api/hooks/h')).body.session).toBe('fresh');
});

test('those that wait for each other do too', async () => {
  const moby = await openHarness();
  const { body } = await moby.call('POST', '/api/hooks', { body: { name: 'h', proof: 'bearer' } });
  const headers = { authorization: `Bearer ${body.secret}`, 'content-type': 'text/plain' };
  const begun = await Promise.all(texts(4).map((raw) => moby.call('POST', '/hooks/h', { raw, headers })));
  for (const { body: one } of begun) await moby.follow(one.turn).all();
  expect(new Set(moby.agent?.stats().runs.map(({ session }) => session)).size).toBe(4);
});

test('one conversation, where the owner asked for it, begins anew after twenty, told the last exchanges', async () => {
  const moby = await openHarness();
  const sessions = await deliver(moby, texts(22), { session: 'keep' });
  expect(new Set(sessions.slice(0, 20)).size).toBe(1);
  expect(new Set(sessions.slice(20)).size).toBe(1);
  expect(sessions[20]).not.toBe(sessions[0]);
  expect(moby.agent?.stats().runs[20]?.prompt).toContain('delivery number 19');
});

test('a hook of an older database begins anew each time; a schedule that kept its conversation keeps it', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const before = MIGRATIONS.indexOf(HOOK_SESSIONS_SCHEMA);
  const older = new DatabaseSync(path);
  older.exec('PRAGMA journal_mode = WAL');
  for (const step of MIGRATIONS.slice(0, before)) older.exec(step);
  older.exec(`PRAGMA user_version = ${before}`);
  older.exec("INSERT INTO hooks (name, proof, template, created_at) VALUES ('old', 'bearer', 't', 0)");
  const definition = JSON.stringify({ name: 'brief', session: 'keep' });
  older
    .prepare(
      "INSERT INTO jobs (id, definition, enabled, planned_at, created_at, updated_at) VALUES ('j', ?, 1, 0, 0, 0)",
    )
    .run(definition);
  older.close();
  const store = new Store(path);
  onTestFinished(() => store.close());
  expect(store.hooks.find('old')).toMatchObject({ name: 'old', session: 'fresh' });
  expect(store.jobs.find('j')?.definition.session).toBe('keep');
});
