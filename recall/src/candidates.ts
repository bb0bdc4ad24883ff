/**
 * The few hundred pieces that are worth scoring: the best by FTS5's own ranking, which reads each match (a microsecond),
 * so at most some hundred. Words that stand in more pieces count as a pair of them; where even that is too much, the words
 * tell so little that the newest matches stand for all.
 */
import { type Limits, limited } from './marks.ts';
import type { PieceIndex } from './piece-index.ts';
import type { Question, Term } from './question.ts';

/** At most so many are given; fewer are all that there are. */
export const CANDIDATES = 200;
const MOST_RANKED = 500;
const MOST_PAIRED = 3; // frequent words that are tried in pairs: each pair reads all that is known of both
const LONG_ENOUGH = 5; // signs with which a longer word may begin: compounds, endings that the stem does not know

/** @returns ids of pieces, at most some hundred */
export function candidatesFor(index: PieceIndex, { terms }: Question, limits: Limits): number[] {
  const known = terms.filter(({ forms }) => forms.length > 0).toSorted((a, b) => a.holding - b.holding);
  if (known.length === 0) return [];
  for (const match of expressions(known)) {
    const found = ranked(index, match, limits);
    if (found !== null && found.length > 0) return found;
  }
  const all = newest(index, known.map(anyForm).join(' AND '), limits);
  const rarest = newest(index, anyForm(known[0] as Term), limits);
  return [...new Set([...all, ...rarest])];
}

/** What came last within the limits, for a question that names nothing but a time. */
export function newestWithin(index: PieceIndex, limits: Limits, most: number): number[] {
  return newest(index, '', limits, most);
}

/** From the one that finds most to the one that finds least. */
function expressions(known: readonly Term[]): string[] {
  const rare: Term[] = [];
  let reached = 0;
  for (const term of known) {
    reached += term.holding;
    if (reached > MOST_RANKED) break;
    rare.push(term);
  }
  const rareOnes = rare.map(beginningOrForm);
  const reachedByRare = rare.reduce((sum, { holding }) => sum + holding, 0);
  const frequent = reachedByRare < CANDIDATES ? known.slice(rare.length, rare.length + MOST_PAIRED) : [];
  const pairs = frequent.flatMap((a, at) =>
    frequent.slice(at + 1).map((b) => `(${anyForm(a)} AND ${anyForm(b)})`),
  );
  const wide = [...rareOnes, ...pairs];
  const narrow = rare.map(anyForm);
  return [wide, narrow, known.length > 1 ? [known.map(anyForm).join(' AND ')] : []]
    .filter((parts) => parts.length > 0)
    .map((parts) => parts.join(' OR '));
}

/** Forms hold letters, marks and digits only, so nothing in them is FTS5's syntax. */
function anyForm({ forms }: Term): string {
  return forms.length === 1 ? `"${forms[0]}"` : `(${forms.map((form) => `"${form}"`).join(' OR ')})`;
}

function beginningOrForm(term: Term): string {
  const [form = ''] = term.forms;
  return term.forms.length === 1 && form.length >= LONG_ENOUGH ? `"${form}"*` : anyForm(term);
}

/** @returns the best; null where there are too many to rank */
function ranked(index: PieceIndex, match: string, limits: Limits): number[] | null {
  const statement = index.sql(`SELECT rowid, rank FROM found WHERE found MATCH ? LIMIT ${MOST_RANKED + 1}`);
  const rows = statement.all(limited(match, limits));
  if (rows.length > MOST_RANKED) return null;
  return rows
    .map(({ rowid, rank }) => ({ id: Number(rowid), rank: Number(rank) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, CANDIDATES)
    .map(({ id }) => id);
}

/** The last that were indexed, which on the whole are the newest. */
function newest(index: PieceIndex, match: string, limits: Limits, most = CANDIDATES): number[] {
  return index
    .sql(`SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid DESC LIMIT ?`)
    .all(limited(match, limits), most)
    .map(({ rowid }) => Number(rowid));
}
