import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { overwriteDatabase } from './overwrite-database.ts';

test('what was deleted is in no byte of the file and its log; what was not is there', () => {
  const path = join(temporaryFolder(), 'session.db');
  const engine = new DatabaseSync(path);
  engine.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT)');
  const insert = engine.prepare('INSERT INTO t VALUES (?)');
  for (let at = 0; at < 200; at++) insert.run(at % 2 ? `canary ${at} ${'x'.repeat(3000)}` : `kept ${at}`);
  engine.exec(`PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM t WHERE a LIKE 'canary%'`);
  engine.close();
  expect(readFileSync(path).includes('canary')).toBe(true);
  expect(overwriteDatabase(path)).toBeNull();
  expect(readFileSync(path).includes('canary')).toBe(false);
  using after = new DatabaseSync(path, { readOnly: true });
  expect(after.prepare('SELECT count(*) AS n FROM t').get()?.n).toBe(100);
});

test('a link or something else in its place is left alone, and no file is none', () => {
  const folder = temporaryFolder();
  expect(overwriteDatabase(join(folder, 'none.db'))).toBeNull();
  writeFileSync(join(folder, 'text'), 'no database at all, but long enough to be looked at');
  symlinkSync(join(folder, 'text'), join(folder, 'link.db'));
  expect(overwriteDatabase(join(folder, 'link.db'))).toContain('no plain file');
  expect(overwriteDatabase(join(folder, 'text'))).toContain('cannot be written anew');
});
