/**
 * `npm run years`: what a year of conversations weighs on disk, by a gateway's own stores, at 200 turns a day: with every text
 * in its turn and in the history for ever, as it was, and as it is now; and how long a backup of it takes. Made by a seed, a
 * quarter of a year, and reckoned up to a year.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { Retention } from '../../gateway/src/store/retention.ts';
import { Store } from '../../gateway/src/store/store.ts';
import { silentLogger } from '../../lib/src/logger.ts';
import { ManualClock } from '../../testkit/src/manual-clock.ts';
import { makeTalk } from './talk.ts';

const DAYS = 90;
const TURNS_A_DAY = 200;
const DAY_MS = 86_400_000;
const BEGIN = Date.parse('2026-01-01T00:00:00Z');

const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-years-'));
try {
  const rows = [
    await weigh('every text twice, as before', { once: false, keepMs: null }),
    await weigh('every text once after 30 days', { once: true, keepMs: null }),
    await weigh('and MOBYCLAW_KEEP of 60 days', { once: true, keepMs: 60 * DAY_MS }),
  ];
  console.log(
    `${DAYS} days of ${TURNS_A_DAY} turns; sizes of gateway.db, a year by those after the first 30 days\n`,
  );
  console.log(
    '| kept | after 30 days | after 90 days | MB a year | bytes a turn | copy | packed |\n|---|---|---|---|---|---|---|',
  );
  for (const row of rows) console.log(row);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function weigh(
  name: string,
  { once, keepMs }: { once: boolean; keepMs: number | null },
): Promise<string> {
  const path = join(mkdtempSync(join(folder, 'one-')), 'gateway.db');
  const store = new Store(path);
  const clock = new ManualClock(BEGIN);
  const retention = new Retention({ store, keepMs, isQuiet: () => true, clock, logger: silentLogger });
  const talk = makeTalk(store);
  let month = 0;
  for (let day = 0; day < DAYS; day++) {
    const at = BEGIN + day * DAY_MS;
    for (let turn = 0; turn < TURNS_A_DAY; turn++) talk(at + turn * 60_000);
    await clock.advance(DAY_MS);
    if (!once) keepTwice(path);
    await retention.sweep();
    if (day === 29) month = store.size();
  }
  const quarter = store.size();
  store.close();
  const year = ((quarter - month) / (DAYS - 30)) * 365;
  const copy = join(folder, 'copy.db');
  const started = performance.now();
  using database = new DatabaseSync(path, { readOnly: true });
  await backup(database, copy, { rate: 2 ** 30 });
  const copied = performance.now();
  const packed = gzipSync(readFileSync(copy)).length;
  const zipped = performance.now();
  const bytesATurn = Math.round((quarter - month) / ((DAYS - 30) * TURNS_A_DAY));
  return `| ${[name, megabytes(month), megabytes(quarter), (year / 1e6).toFixed(0), bytesATurn, `${Math.round(copied - started)} ms`, `${megabytes(packed)} in ${Math.round(zipped - copied)} ms`].join(' | ')} |`;
}

/** Says that it was done already, so that it is not. */
function keepTwice(path: string): void {
  using database = new DatabaseSync(path);
  database.exec('UPDATE kept_once SET upto = (SELECT coalesce(max(id), 0) FROM messages)');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
