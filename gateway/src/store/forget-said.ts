/**
 * Forgets all of a conversation, of a person, or from before a day. Rows go; of a turn its texts go, and what it cost stays, so
 * that the sums of a month stay true.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ForgetMark } from '@mobyclaw/protocol/forget';
import type { Database } from './database.ts';
import type { Finding } from './forget-finding.ts';
import { FORGET_RULES, FORGOTTEN, type ForgetRule } from './forget-rules.ts';

const ROWS_AT_ONCE = 500;
const MARKER = 'What was said here before was forgotten, as my owner wished.';

type SaidMark = Exclude<ForgetMark, { phrase: unknown }>;

/** @param remove false: only look */
export async function forgetSaid(
  db: Database,
  mark: SaidMark,
  remove: boolean,
  finding: Finding,
): Promise<void> {
  const turns = `turns WHERE state NOT IN ('queued', 'running') AND (${turnsOf(mark)})`;
  const waiting = db
    .sql(`SELECT count(*) AS n FROM turns WHERE state IN ('queued', 'running') AND (${turnsOf(mark)})`)
    .get();
  for (let n = Number(waiting?.n); n > 0; n--) finding.wait('messages and their answers');
  for (const row of db.sql(`SELECT DISTINCT session FROM ${turns}`).all())
    finding.sessions.add(String(row.session));
  db.sql('CREATE TEMP TABLE IF NOT EXISTS forgotten_turns (id TEXT PRIMARY KEY, seq INTEGER)').run();
  db.sql('DELETE FROM forgotten_turns').run();
  db.sql(`INSERT INTO forgotten_turns SELECT id, seq FROM ${turns}`).run();

  for (const [table, rule] of Object.entries(FORGET_RULES)) {
    const rows = rowsOf(mark, rule);
    if (rows === null || table === 'turns') continue;
    const settled = rule.settled === undefined ? '' : ` AND (${rule.settled})`;
    if (table === 'messages') await forgetMessages(db, rows, remove, finding);
    else await removeRows(db, table, `(${rows})${settled}`, rule.what, remove, finding);
  }
  await removeRows(
    db,
    'events',
    'turn IN (SELECT seq FROM forgotten_turns)',
    FORGET_RULES.events?.what ?? '',
    remove,
    finding,
  );
  const spoken = `(prompt <> '${FORGOTTEN}' OR answer IS NOT NULL OR answer_in IS NOT NULL OR attachments IS NOT NULL)`;
  const wiped = `id IN (SELECT id FROM forgotten_turns) AND ${spoken}`;
  finding.add(FORGET_RULES.turns?.what ?? '', [], count(db, 'turns', wiped));
  if (remove) {
    db.transaction('relaxed', () =>
      db
        .sql(
          `UPDATE turns SET prompt = '${FORGOTTEN}', prompt_in = NULL, answer = NULL, answer_in = NULL, attachments = NULL, notes = NULL, error_message =
             CASE WHEN error_code IS NULL THEN NULL ELSE '${FORGOTTEN}' END WHERE ${wiped}`,
        )
        .run(),
    );
  }
  if ('conversation' in mark && remove)
    db.sql(`UPDATE sessions SET title = NULL WHERE key IN (${list(mark.conversation)})`).run();
  db.sql('DELETE FROM forgotten_turns').run();
  for (const subject of ['messages', 'turns', 'sessions']) db.changed(subject);
}

/** The number of the newest message is not given out again, since clients and the index count on it: that one becomes a mark. */
async function forgetMessages(db: Database, rows: string, remove: boolean, finding: Finding): Promise<void> {
  for (const row of db.sql(`SELECT DISTINCT session FROM messages WHERE ${rows}`).all())
    finding.sessions.add(String(row.session));
  const newest = Number(db.sql('SELECT max(id) AS id FROM messages').get()?.id ?? 0);
  await removeRows(db, 'messages', `(${rows}) AND id <> ${newest}`, 'messages', remove, finding);
  const last = `(${rows}) AND id = ${newest} AND text <> '${MARKER}'`;
  finding.add('messages', [], count(db, 'messages', last));
  if (remove)
    db.sql(`UPDATE messages SET role = 'marker', text = '${MARKER}', sent_by = NULL WHERE ${last}`).run();
}

async function removeRows(
  db: Database,
  table: string,
  where: string,
  what: string,
  remove: boolean,
  finding: Finding,
): Promise<void> {
  const found = count(db, table, where);
  finding.add(what, [], found);
  if (!remove || found === 0) return;
  const key = primaryKey(db, table).join(', ');
  const slice = db.sql(
    `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${ROWS_AT_ONCE})`,
  );
  while (db.transaction('relaxed', () => Number(slice.run().changes)) === ROWS_AT_ONCE) await nextTurn();
}

/** Names of the columns that tell a row from all others. */
export function primaryKey(db: Database, table: string): string[] {
  const columns = db.sql(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`).all();
  return columns.length > 0 ? columns.map(({ name }) => String(name)) : ['rowid'];
}

function count(db: Database, table: string, where: string): number {
  return Number(db.sql(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get()?.n);
}

function turnsOf(mark: SaidMark): string {
  if ('before' in mark) return `created_at < ${mark.at}`;
  const here = `session IN (${list(mark.conversation)})`;
  if (!('person' in mark)) return here;
  const theirs = mark.person.map((id) => `substr(sender, -${id.length + 2}) = ${quoted(`(${id})`)}`);
  return [here, ...theirs].join(' OR ');
}

/** @returns null where the rule has no column to go by */
function rowsOf(mark: SaidMark, { conversation, turn, at }: ForgetRule): string | null {
  const conditions = [
    ...(turn === undefined ? [] : [`${turn} IN (SELECT id FROM forgotten_turns)`]),
    ...('before' in mark
      ? at === undefined
        ? []
        : [`${at} < ${mark.at}`]
      : conversation === undefined
        ? []
        : [`${conversation} IN (${list(mark.conversation)})`]),
  ];
  return conditions.length === 0 ? null : conditions.join(' OR ');
}

function list(values: readonly string[]): string {
  return values.map(quoted).join(', ') || 'NULL';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
