/**
 * Finds and removes in gateway.db what is to be forgotten, table by table as forget-rules.ts says, in slices of some
 * milliseconds. Asked again it finds nothing, so that whoever was cut begins anew. What is removed still stands in pages of the
 * file until `overwrite`.
 */

import type { SQLInputValue } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ForgetMark } from '@mobyclaw/protocol/forget';
import { Phrase } from '@mobyclaw/recall/phrase';
import type { Database } from './database.ts';
import { Finding, type StoreFinding } from './forget-finding.ts';
import { columnsOf, FORGET_RULES, FORGOTTEN, type ForgetRule } from './forget-rules.ts';
import { forgetSaid, primaryKey } from './forget-said.ts';
import { mentions, withoutMentions } from './json-mentions.ts';

const ROWS_AT_ONCE = 200;
const LOGS_AT_ONCE = 20;

type Row = Record<string, SQLInputValue>;

export class ForgetStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @param remove false: only look */
  async forget(mark: ForgetMark, remove: boolean): Promise<StoreFinding> {
    const finding = new Finding();
    if (!('phrase' in mark)) await forgetSaid(this.#db, mark, remove, finding);
    else {
      const phrase = Phrase.marked(mark.phrase);
      for (const [table, rule] of Object.entries(FORGET_RULES)) {
        if (table === 'events') await this.#logs(phrase, remove, finding);
        else await new TableSweep(this.#db, table, rule, phrase, remove, finding).run();
      }
    }
    return finding.told();
  }

  /**
   * Writes the file anew, without the pages and parts of pages in which something stood that is gone. The process does nothing
   * else meanwhile: about a second for 300 MB.
   * @throws StoreError where there is no room for a second copy
   */
  overwrite(): void {
    this.#db.vacuum();
  }

  /** The text of an answer is cut into events anywhere, so the log of a turn goes as a whole. Clients then ask for the answer. */
  async #logs(phrase: Phrase, remove: boolean, finding: Finding): Promise<void> {
    const what = FORGET_RULES.events?.what ?? '';
    const turns = this.#db
      .sql(
        'SELECT DISTINCT events.turn AS turn, session, finished_at FROM events LEFT JOIN turns ON seq = turn',
      )
      .all();
    for (const [at, { turn, session, finished_at: finished }] of turns.entries()) {
      if (at % LOGS_AT_ONCE === 0) await nextTurn();
      const data = this.#db
        .sql('SELECT data FROM events WHERE turn = ? ORDER BY id')
        .all(Number(turn))
        .map((row) => String(row.data));
      const spoken = data.map((one) => (JSON.parse(one) as { text?: unknown }).text ?? '').join('');
      if (!phrase.isIn(spoken) && !data.some((one) => phrase.isIn(one))) continue;
      if (session !== null) finding.sessions.add(String(session));
      if (session !== null && finished === null) finding.wait(what);
      else {
        finding.add(what, []);
        if (remove)
          this.#db.transaction('relaxed', () =>
            this.#db.sql('DELETE FROM events WHERE turn = ?').run(Number(turn)),
          );
      }
    }
  }
}

/** Goes through one table for a phrase. */
class TableSweep {
  readonly #db: Database;
  readonly #table: string;
  readonly #rule: ForgetRule;
  readonly #phrase: Phrase;
  readonly #remove: boolean;
  readonly #finding: Finding;
  readonly #key: string[];
  readonly #texts: string[];
  readonly #lines: string[];
  readonly #json: string[];
  readonly #told: string[];

  constructor(
    db: Database,
    table: string,
    rule: ForgetRule,
    phrase: Phrase,
    remove: boolean,
    finding: Finding,
  ) {
    this.#db = db;
    this.#table = table;
    this.#rule = rule;
    this.#phrase = phrase;
    this.#remove = remove;
    this.#finding = finding;
    this.#key = primaryKey(db, table);
    this.#texts = columnsOf(rule.texts);
    this.#lines = columnsOf(rule.lines);
    this.#json = columnsOf(rule.json);
    this.#told = columnsOf(rule.told?.columns);
  }

  async run(): Promise<void> {
    const columns = [...this.#texts, ...this.#lines, ...this.#json, ...this.#told];
    if (columns.length === 0) return;
    const { settled = '1', conversation = 'NULL' } = this.#rule;
    const selected = [...new Set([...this.#key, ...columns])].join(', ');
    const key = this.#key.join(', ');
    const select = (from: string): string =>
      `SELECT ${selected}, (${settled}) AS is_settled, ${conversation} AS of_session FROM ${this.#table} ${from}
       ORDER BY ${key} LIMIT ${ROWS_AT_ONCE}`;
    const next = this.#db.sql(select(`WHERE (${key}) > (${this.#key.map(() => '?').join(', ')})`));
    let rows = this.#db.sql(select('')).all() as Row[];
    while (rows.length > 0) {
      this.#db.transaction('relaxed', () => {
        for (const row of rows) this.#row(row);
      });
      await nextTurn();
      rows = next.all(...this.#keyOf(rows.at(-1) as Row)) as Row[];
    }
    if (this.#remove) this.#db.changed(this.#table);
  }

  #row(row: Row): void {
    const { what, told, row: goes } = this.#rule;
    if (this.#told.some((column) => mentions(row[column], this.#phrase)))
      this.#finding.left.add(told?.advice.replace('{}', `"${String(row.name)}"`) ?? '');
    const texts = this.#texts.filter((column) => mentions(row[column], this.#phrase));
    const json = this.#json.filter((column) => mentions(parsed(row[column]), this.#phrase));
    const lines = this.#lines.filter((column) => mentions(row[column], this.#phrase));
    const hits = [...texts, ...lines, ...json];
    if (hits.length === 0) return;
    if (typeof row.of_session === 'string') this.#finding.sessions.add(row.of_session);
    if (row.is_settled !== 1) {
      this.#finding.wait(what);
      return;
    }
    this.#finding.add(
      what,
      hits.map((column) => String(row[column])),
    );
    if (this.#table === 'jobs') this.#finding.jobs.push(String(row.id));
    if (!this.#remove || this.#table === 'jobs') return;
    const here = `(${this.#key.join(', ')}) = (${this.#key.map(() => '?').join(', ')})`;
    const place = this.#keyOf(row);
    if (goes) {
      this.#db.sql(`DELETE FROM ${this.#table} WHERE ${here}`).run(...place);
      return;
    }
    const values = [
      ...texts.map(() => FORGOTTEN),
      ...lines.map((column) => withoutLines(String(row[column]), this.#phrase)),
      ...json.map((column) => JSON.stringify(withoutMentions(parsed(row[column]), this.#phrase))),
    ];
    const set = hits.map((column) => `${column} = ?`).join(', ');
    this.#db.sql(`UPDATE ${this.#table} SET ${set} WHERE ${here}`).run(...values, ...place);
  }

  #keyOf(row: Row): SQLInputValue[] {
    return this.#key.map((column) => row[column] as SQLInputValue);
  }
}

/** What stands across a line break takes the whole text with it. */
function withoutLines(text: string, phrase: Phrase): string {
  const kept = text
    .split('\n')
    .filter((line) => !phrase.isIn(line))
    .join('\n');
  return phrase.isIn(kept) ? FORGOTTEN : kept;
}

function parsed(text: SQLInputValue | undefined): unknown {
  return typeof text === 'string' ? JSON.parse(text) : null;
}
