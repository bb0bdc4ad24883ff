/**
 * The search of before, kept to be compared with: paragraphs of up to 600 characters in FTS5, ranked by its own bm25(), and
 * halved for each month of age. A hit names the line that shares most words with the question.
 */
import { DatabaseSync } from 'node:sqlite';
import { tellingWords } from '@mobyclaw/recall/stop-words';
import { plainWords } from '@mobyclaw/recall/words';
import type { Searcher } from './searcher.ts';
import { TODAY, type Turn } from './world.ts';

const MAX_CHARS = 600;
const HALF_LIFE_DAYS = 30;

export function oldSearch(turns: readonly Turn[], halfLife: boolean): Searcher {
  const database = new DatabaseSync(':memory:');
  database.exec(`
    CREATE TABLE chunk (id INTEGER PRIMARY KEY, day TEXT NOT NULL, turns TEXT NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5 (content, tokenize = 'porter unicode61 remove_diacritics 2');
  `);
  const lines = new Map(turns.map((turn) => [turn.id, `${turn.speaker}: ${turn.text}`]));
  for (const chunk of chunks(turns)) {
    const { lastInsertRowid } = database
      .prepare('INSERT INTO chunk (day, turns) VALUES (?, ?)')
      .run(chunk[0]?.day ?? '', JSON.stringify(chunk.map(({ id }) => id)));
    const content = chunk.map(({ id }) => lines.get(id)).join('\n');
    database.prepare('INSERT INTO words (rowid, content) VALUES (?, ?)').run(lastInsertRowid, content);
  }
  const age = halfLife
    ? `pow(0.5, max(0, julianday('${TODAY}') - julianday(day)) / ${HALF_LIFE_DAYS}.0)`
    : '1';
  const search = database.prepare(
    `SELECT turns, -bm25(words) * ${age} AS score FROM words JOIN chunk ON chunk.id = words.rowid
     WHERE words MATCH ? ORDER BY score DESC LIMIT ?`,
  );
  return {
    search(question, limit) {
      const terms = tellingWords(plainWords(question));
      const match = terms.map((term) => (term.length >= 3 ? `"${term}"*` : `"${term}"`)).join(' OR ');
      const found = search.all(match, limit).map((row) => JSON.parse(String(row.turns)) as number[]);
      return { hits: found.map((ids) => bestLine(ids, lines, terms)), claims: found.length > 0 };
    },
    close: () => database.close(),
  };
}

function chunks(turns: readonly Turn[]): Turn[][] {
  const all: Turn[][] = [];
  let length = 0;
  for (const turn of turns) {
    const last = all.at(-1);
    length += turn.text.length;
    if (last?.[0]?.day === turn.day && last[0].chat === turn.chat && length <= MAX_CHARS) last.push(turn);
    else {
      all.push([turn]);
      length = turn.text.length;
    }
  }
  return all;
}

function bestLine(
  ids: readonly number[],
  lines: ReadonlyMap<number, string>,
  terms: readonly string[],
): number {
  const shared = ids.map((id) => {
    const text = (lines.get(id) ?? '').toLowerCase();
    return terms.filter((term) => text.includes(term)).length;
  });
  return ids[Math.max(0, shared.indexOf(Math.max(...shared)))] ?? -1;
}
