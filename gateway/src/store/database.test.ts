import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { ArrivalStore } from './arrival-store.ts';
import { ChatNames } from './chat-names.ts';
import { Database, StoreError } from './database.ts';
import { ARRIVAL_TRIES_SCHEMA } from './migrations/015-arrival-tries.ts';
import { MIGRATIONS } from './migrations.ts';

function thrown(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('a file that is not a database is refused by name and left as it is', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const garbage = Buffer.alloc(20_000, 'not a database ');
  writeFileSync(path, garbage);
  const error = thrown(() => new Database(path));
  expect(error.code).toBe('corrupt');
  expect(error.message).toContain(path);
  expect(readFileSync(path).equals(garbage)).toBe(true);
});

test('a database of a newer version is refused and left as it is', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const other = new DatabaseSync(path);
  other.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  other.close();
  const error = thrown(() => new Database(path));
  expect(error.code).toBe('newer-version');
  expect(error.message).toContain('Upgrade Mobyclaw');
});

test('a database of another program is refused', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE foreign_table (x)');
  other.close();
  expect(thrown(() => new Database(path)).code).toBe('corrupt');
});

test('one that a version before, or a copy by hand, left readable for others is made private', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const killed = new DatabaseSync(path);
  killed.exec('PRAGMA journal_mode = WAL; PRAGMA user_version = 0');
  killed.exec('PRAGMA incremental_vacuum');
  const files = [path, `${path}-wal`, `${path}-shm`];
  for (const file of files) chmodSync(file, 0o644);
  const database = new Database(path);
  expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  database.close();
  killed.close();
});

test('a folder that cannot be written is named', () => {
  const error = thrown(() => new Database(join(temporaryFolder(), 'missing', 'gateway.db')));
  expect(error.code).toBe('unwritable');
});

test('a transaction that fails leaves nothing behind, and the next one works', () => {
  const db = new Database(join(temporaryFolder(), 'gateway.db'));
  const insert = (key: string): unknown =>
    db.sql('INSERT INTO sessions (key, created_at, last_active_at) VALUES (?, 0, 0)').run(key);
  expect(() =>
    db.transaction('durable', () => {
      insert('a');
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  db.transaction('relaxed', () => db.transaction('durable', () => insert('b')));
  expect(db.sql('SELECT key FROM sessions').all()).toEqual([{ key: 'b' }]);
  db.close();
});

test('a full disk is told as such, and what was stored stays', () => {
  const db = new Database(join(temporaryFolder(), 'gateway.db'), { maxPages: 60 });
  const insert = (key: string): unknown =>
    db.transaction('durable', () =>
      db.sql('INSERT INTO sessions (key, created_at, last_active_at) VALUES (?, 0, 0)').run(key),
    );
  insert('small');
  const error = thrown(() => insert('x'.repeat(500_000)));
  expect(error.code).toBe('full');
  expect(error.message).toContain('Free some space');
  insert('still works');
  expect(db.sql('SELECT count(*) AS n FROM sessions').get()).toEqual({ n: 2 });
  db.close();
});

test('what had arrived before arrivals were counted is begun with for the first time', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const before = MIGRATIONS.slice(0, MIGRATIONS.indexOf(ARRIVAL_TRIES_SCHEMA));
  const old = new DatabaseSync(path);
  for (const step of before) old.exec(step);
  old.exec(`PRAGMA user_version = ${before.length}`);
  old.exec(`INSERT INTO arrivals (key, channel, event, received_at) VALUES ('k', 'telegram:dm:1', '{}', 1)`);
  old.close();
  const db = new Database(path);
  const arrivals = new ArrivalStore(db, new ChatNames(db));
  const [row] = arrivals.allOpen();
  expect([1, 2].map(() => arrivals.begin(row?.seq ?? 0))).toEqual([1, 2]);
});
