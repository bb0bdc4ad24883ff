import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { makePrivateDatabase, mendPrivateDatabase } from './private-database.ts';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('an existing database and its companions lose the rights of others, and nothing of what is in them', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'x.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)');
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o666);
  makePrivateDatabase(path);
  expect(Object.fromEntries(readdirSync(folder).map((name) => [name, modeOf(join(folder, name))]))).toEqual({
    'x.db': '600',
    'x.db-shm': '600',
    'x.db-wal': '600',
  });
  expect(database.prepare('SELECT x FROM t').get()).toEqual({ x: 1 });
  database.close();
});

test('one that another program makes is not made', () => {
  const folder = temporaryFolder();
  mendPrivateDatabase(join(folder, 'x.db'));
  expect(readdirSync(folder)).toEqual([]);
});

test('a link is left as it is', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'other'), 'mine', { mode: 0o600 });
  chmodSync(join(folder, 'other'), 0o644);
  symlinkSync(join(folder, 'other'), join(folder, 'x.db'));
  makePrivateDatabase(join(folder, 'x.db'));
  expect([modeOf(join(folder, 'other')), readFileSync(join(folder, 'other'), 'utf8')]).toEqual([
    '644',
    'mine',
  ]);
});
