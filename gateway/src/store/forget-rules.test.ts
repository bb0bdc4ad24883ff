import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Database } from './database.ts';
import { columnsOf, FORGET_RULES } from './forget-rules.ts';

test('of every column with text it is known whether it may hold what somebody said, and what becomes of it', () => {
  const db = new Database(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => db.close());
  const columns = db
    .sql(
      `SELECT m.name || '.' || c.name AS name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
       WHERE m.type = 'table' AND c.type = 'TEXT' ORDER BY 1`,
    )
    .all()
    .map(({ name }) => String(name));
  const known = Object.entries(FORGET_RULES).flatMap(([table, { texts, lines, json, keeps, told }]) =>
    [texts, lines, json, keeps, told?.columns].flatMap(columnsOf).map((column) => `${table}.${column}`),
  );
  expect(known.toSorted()).toEqual(columns);
});
