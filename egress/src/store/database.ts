/**
 * `egress.db`: what was called and what it cost, what is to be decided by, and what the gateway is told. One writer, this
 * process. What a kill interrupts is at most the transaction that it is in; a loss of power may take the last second of calls.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateDatabase } from '@mobyclaw/lib/private-database';

/** Each a step; a released one is never changed. */
const STEPS: readonly string[] = [
  `CREATE TABLE calls (
     id TEXT PRIMARY KEY,
     provider TEXT NOT NULL,
     model TEXT NOT NULL,
     turn TEXT,
     day TEXT NOT NULL, -- YYYY-MM-DD, where the owner lives, on which it began
     started_at INTEGER NOT NULL,
     ended_at INTEGER, -- null: under way, or cut off by the end of the process
     status TEXT NOT NULL,
     http_status INTEGER,
     input INTEGER NOT NULL, -- of one that is under way a guess
     output INTEGER NOT NULL,
     cached INTEGER NOT NULL DEFAULT 0,
     cache_write INTEGER NOT NULL DEFAULT 0,
     estimated INTEGER NOT NULL DEFAULT 0,
     cost REAL -- US dollars; null: no price is known
   ) STRICT;
   CREATE INDEX calls_by_day ON calls (day);
   CREATE INDEX calls_under_way ON calls (ended_at) WHERE ended_at IS NULL;
   CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     event TEXT NOT NULL,
     data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_time ON events (at);`,
];

/** @throws the error of SQLite */
export function openDatabase(folder: string): DatabaseSync {
  const path = join(folder, 'egress.db');
  makePrivateDatabase(path);
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  for (const [index, step] of STEPS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
  return database;
}
