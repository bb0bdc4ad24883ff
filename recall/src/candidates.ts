/**
 * The few hundred pieces that are worth scoring: the best by FTS5's own ranking, which reads each match (half a microsecond),
 * so at most some thousand. Words that stand in more pieces count as a pair of them; where even that is too much, the words
 * tell so little that the newest matches stand for all.
 */
import type { PieceIndex } from './piece-index.ts';
import type { Question, Term } from './question.ts';

const CANDIDATES = 200;
const MOST_RANKED = 4000;
const MOST_PAIRED = 4; // frequent words that are tried in pairs: six of them
const LONG_ENOUGH = 5; // signs with which a longer word may begin: compounds, endings that the stem does not know

/** Which pieces may be found at all. */
export interface Limits {
  /** Ids of sources; null: all. */
  sources: readonly number[] | null;
  /** Days, YYYY-MM-DD; open where missing. */
  from?: string | undefined;
  to?: string | undefined;
}

/** @returns ids of pieces, at most some hundred */
export function candidatesFor(index: PieceIndex, { terms }: Question, limits: Limits): number[] {
  const known = terms.filter(({ forms }) => forms.length > 0).toSorted((a, b) => a.holding - b.holding);
  if (known.length === 0) return [];
  for (const match of expressions(known)) {
    if (countUpTo(index, match, limits) <= MOST_RANKED) {
      const found = select(index, match, limits, 'rank');
      if (found.length > 0) return found;
    }
  }
  const all = select(index, known.map(anyForm).join(' AND '), limits, 'found.rowid DESC');
  const rarest = select(index, anyForm(known[0] as Term), limits, 'found.rowid DESC');
  return [...new Set([...all, ...rarest])];
}

/** All that was said within the limits, the newest first, for a question that names nothing but a time. */
export function newestWithin(index: PieceIndex, limits: Limits): number[] {
  return index
    .sql(`SELECT id FROM piece WHERE ${condition(limits)} ORDER BY at DESC, id DESC LIMIT ${CANDIDATES}`)
    .all(...values(limits))
    .map(({ id }) => Number(id));
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
  const frequent = known.slice(rare.length, rare.length + MOST_PAIRED);
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

function countUpTo(index: PieceIndex, match: string, limits: Limits): number {
  const row = index
    .sql(`SELECT count(*) AS n FROM (SELECT 1 ${matching(limits)} LIMIT ${MOST_RANKED + 1})`)
    .get(match, ...values(limits));
  return Number(row?.n);
}

function select(index: PieceIndex, match: string, limits: Limits, order: string): number[] {
  return index
    .sql(`SELECT found.rowid AS id ${matching(limits)} ORDER BY ${order} LIMIT ${CANDIDATES}`)
    .all(match, ...values(limits))
    .map(({ id }) => Number(id));
}

function matching(limits: Limits): string {
  const within = isOpen(limits)
    ? ''
    : `AND found.rowid IN (SELECT id FROM piece WHERE piece.id = found.rowid AND ${condition(limits)})`;
  return `FROM found WHERE found MATCH ? ${within}`;
}

function isOpen({ sources, from, to }: Limits): boolean {
  return sources === null && from === undefined && to === undefined;
}

function condition({ sources, from, to }: Limits): string {
  const parts = ['1'];
  if (sources !== null) parts.push('source IN (SELECT value FROM json_each(?))');
  if (from !== undefined) parts.push('at >= ?');
  if (to !== undefined) parts.push('at < ?');
  return parts.join(' AND ');
}

function values({ sources, from, to }: Limits): string[] {
  const given: string[] = [];
  if (sources !== null) given.push(JSON.stringify(sources));
  if (from !== undefined) given.push(from);
  if (to !== undefined) given.push(`${to}~`); // a time of day follows the day, and sorts before "~"
  return given;
}
