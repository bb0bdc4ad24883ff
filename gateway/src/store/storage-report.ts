/** What of gateway.db takes how much room, and how much is said in a month. Reads every page of the file, so only for who asks. */
import type { Storage } from '@mobyclaw/protocol/storage';
import type { Database } from './database.ts';

const MOST_MONTHS = 12;

export function storageReport(db: Database): Storage {
  const tables = db
    .sql(
      `SELECT coalesce(tbl_name, dbstat.name) AS name, sum(pgsize) AS bytes FROM dbstat
         LEFT JOIN sqlite_schema ON sqlite_schema.name = dbstat.name
       WHERE aggregate = 1 GROUP BY 1 ORDER BY bytes DESC`,
    )
    .all()
    .map((row) => ({ name: String(row.name), bytes: Number(row.bytes) }));
  const months = db
    .sql(
      `SELECT strftime('%Y-%m', at / 1000, 'unixepoch') AS month, count(*) AS messages, sum(length(text)) AS characters
       FROM messages GROUP BY 1 ORDER BY 1 DESC LIMIT ${MOST_MONTHS}`,
    )
    .all()
    .map((row) => ({
      month: String(row.month),
      messages: Number(row.messages),
      characters: Number(row.characters),
    }));
  const free = Number(db.sql('PRAGMA freelist_count').get()?.freelist_count);
  const pageSize = Number(db.sql('PRAGMA page_size').get()?.page_size);
  return { path: db.path, bytes: db.size(), free: free * pageSize, tables, months };
}
