/**
 * The search that memory and history share. One or several phrasings of a question; of each the candidates are scored by
 * their words, by a dense side where there is one, and joined; a piece counts as its best phrasing says. A time that the
 * question names lifts what was said then; apart from that, time decides between pieces that match alike and nothing else:
 * what was said two years ago is not worth less.
 */
import { weightOf } from './bm25.ts';
import { CANDIDATES, candidatesFor, newestWithin } from './candidates.ts';
import type { DenseScore, DenseSide } from './dense-side.ts';
import { score } from './fusion.ts';
import {
  isNamed,
  type OwnScore,
  ownScores,
  placeKey,
  type Scorable,
  SEATS,
  withNeighbours,
} from './lexical.ts';
import type { Limits } from './marks.ts';
import type { PieceIndex } from './piece-index.ts';
import { type Question, readQuestion } from './question.ts';
import { type SessionEvidence, sessionScores } from './session-scores.ts';
import { isStopWord } from './stop-words.ts';
import { type DayRange, dayRange, isAboutPresent, isWithin, timeOf } from './time-words.ts';
import { plainWords } from './words.ts';

const ALIKE = 0.05; // of the best score: steps within which pieces match alike, and the newer one goes first
const ALIKE_OF_PRESENT = 0.2; // where the question is about the present state, in words such as "now" or "still"
const IN_TIME_FACTOR = 2; // of what was said when the question says
const IN_TIME_LEAST = 0.3; // of anything else that was said then, since the question may name nothing but the time
const MOST_UNASKED = 50; // of such others
const MOST_LOOKED_UP = 40; // neighbours that are no candidates themselves, the best of them
const SESSIONS = 3;
const SPEAKER_NAMED = 0.5; // in deviations, beside a dense side, as measured

export interface RecallRequest {
  phrasings: readonly string[];
  /** How many hits at most. */
  limit: number;
  /** YYYY-MM-DD in the owner's zone: what "last week" is counted from. */
  today: string;
  /** Only what was said in these days; what has no date is left out. */
  within?: DayRange | undefined;
  /** Names of sources that may be seen; without it all. */
  isVisible?: (source: string) => boolean;
  /** Of the index that is asked; without it words alone. */
  dense?: DenseSide | null | undefined;
}

export interface Found {
  source: string;
  seq: number;
  line: number;
  at: string | null;
  speaker: string | null;
  section: string;
  content: string;
  /** 1 for the best, less for the others. */
  score: number;
  /** How much of the question's words the piece holds, 0 to 1, each by what it tells. 0: only its neighbours or its meaning speak for it. */
  coverage: number;
}

export interface FoundSession {
  source: string;
  /** YYYY-MM-DD; null where the source has no dates. */
  day: string | null;
}

export interface Recalled {
  hits: Found[];
  /** Which logs or days of conversations are about it as a whole, the best first. */
  sessions: FoundSession[];
  /** Forms that were looked for, of all phrasings: what a snippet marks. */
  asked: string[];
}

interface Row extends Scorable {
  source: number;
  seq: number;
  line: number;
  at: string | null;
}

/** What ranking reads of a piece; the text is read of those alone that are told. */
const COLUMNS = 'piece.id, piece.source, piece.seq, piece.line, piece.at, piece.speaker, piece.forms';

interface Ranked {
  row: Row;
  score: number;
  coverage: number;
  /** It holds all that was asked for. */
  isWhole: boolean;
}

export function recall(index: PieceIndex, request: RecallRequest): Recalled {
  const limits = { ...visibleSources(index, request.isVisible), within: request.within };
  const best = new Map<number, Ranked>();
  const sessions = new Map<string, number>();
  const asked = new Set<string>();
  for (const phrasing of request.phrasings) {
    const { ranked, about, forms } = rankedBy(index, phrasing, request, limits);
    for (const form of forms) asked.add(form);
    for (const one of ranked) {
      const known = best.get(one.row.id);
      if (known === undefined || known.score < one.score) best.set(one.row.id, one);
    }
    for (const [key, reached] of about) sessions.set(key, Math.max(sessions.get(key) ?? reached, reached));
  }
  const present = request.phrasings.some(isAboutPresent);
  const ordered = inOrder([...best.values()], present ? ALIKE_OF_PRESENT : ALIKE);
  const top = ordered[0]?.score || 1;
  const hits = ordered.slice(0, request.limit).map(({ row, score: reached, coverage }): Found => {
    const { source, seq, line, at, speaker } = row;
    const text = index.sql('SELECT section, content FROM piece WHERE id = ?').get(row.id);
    return {
      ...{ source: index.nameOf(source), seq, line, at, speaker, coverage },
      ...{ section: String(text?.section), content: String(text?.content) },
      score: reached / top,
    };
  });
  const about = [...sessions]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, SESSIONS)
    .map(([key]): FoundSession => {
      const [source = '', day = ''] = key.split(' ');
      return { source: index.nameOf(Number(source)), day: day === '' ? null : day };
    });
  return { hits, sessions: about, asked: [...asked] };
}

/** @returns the pieces before and after one, the nearest `count` on each side, in their order */
export function neighboursOf(
  index: PieceIndex,
  { source, seq }: Pick<Found, 'source' | 'seq'>,
  count = 1,
): {
  before: Pick<Found, 'line' | 'content' | 'seq'>[];
  after: Pick<Found, 'line' | 'content' | 'seq'>[];
} {
  const id = index.sources.get(source)?.id ?? -1;
  const near = index
    .sql('SELECT seq, line, content FROM piece WHERE source = ? AND seq BETWEEN ? AND ? ORDER BY seq')
    .all(id, seq - count, seq + count)
    .map((row) => ({ seq: Number(row.seq), line: Number(row.line), content: String(row.content) }));
  return { before: near.filter((one) => one.seq < seq), after: near.filter((one) => one.seq > seq) };
}

/** Scores of one phrasing, in units that other phrasings share: 1 is about what a piece has that holds each word once. */
function rankedBy(
  index: PieceIndex,
  phrasing: string,
  { today, dense }: RecallRequest,
  limits: Limits,
): { ranked: Ranked[]; about: Map<string, number>; forms: string[] } {
  const { range, rest } = timeOf(phrasing, today);
  const aboutTimeAlone = range !== null && plainWords(rest).every(isStopWord);
  if (aboutTimeAlone)
    return { ranked: newestOf(index, narrowed(limits, range)), about: new Map(), forms: [] };
  const question = readQuestion(rest, index.counts);
  const ids = new Set(candidatesFor(index, question, limits));
  if (range !== null) {
    const then = narrowed(limits, range);
    const more = ids.size < CANDIDATES ? [] : candidatesFor(index, question, then);
    for (const id of [...more, ...newestWithin(index, then, MOST_UNASKED)]) ids.add(id);
  }
  const vectors = dense?.scores(phrasing, [...ids]);
  for (const id of vectors?.keys() ?? []) ids.add(id);
  const rows = rowsOf(index, [...ids]);
  const own = ownScores(question, rows, index.counts);
  const lexical = lexicalByPlace(rows, own);
  const all = withPlaces(index, rows, lexical).filter((row) => isAllowed(row, limits));
  const words = new Map(all.map((row) => [row.id, lexical.get(placeKey(row)) ?? 0]));
  const meanings = vectors && denseOf(all, vectors);
  const fused = score(words, meanings);
  const unit = meanings === undefined ? unitOf(question) : 1;
  const most = all.reduce((best, { id }) => Math.max(best, fused.get(id) ?? 0), 0);
  const ranked = all.map((row) => {
    const named = meanings !== undefined && isNamed(row.speaker, question.words) ? SPEAKER_NAMED : 0;
    const isWhole = meanings === undefined && holdsAll(question, own.get(row.id));
    const plain = (isWhole ? most : (fused.get(row.id) ?? 0)) / unit + named;
    const asAsked = range !== null && isWithin(row.at, range);
    return {
      row,
      score: asAsked ? Math.max(IN_TIME_LEAST, plain * IN_TIME_FACTOR) : plain,
      coverage: own.get(row.id)?.coverage ?? 0,
      isWhole,
    };
  });
  const forms = question.terms.flatMap((term) => term.forms);
  return { ranked, about: sessionsOf(question, ranked, own, vectors), forms };
}

/**
 * Whether it holds each word of the question that anything holds, and more than one. Nothing that holds fewer goes before that, or
 * of twenty lines that are made alike three that stand together would hide the one that was asked for.
 */
function holdsAll({ terms }: Question, own: OwnScore | undefined): boolean {
  if (own === undefined) return false;
  const known = terms.flatMap(({ holding }, at) => (holding > 0 ? (own.times[at] ?? 0) : []));
  return known.length > 1 && known.every((times) => times > 0);
}

/** What has no vector yet is taken for neither like nor unlike. @returns undefined where no piece has one */
function denseOf(
  rows: readonly Row[],
  vectors: ReadonlyMap<number, DenseScore>,
): Map<number, number> | undefined {
  const known = rows.flatMap(({ id }) => vectors.get(id)?.score ?? []);
  if (known.length === 0) return undefined;
  const usual = known.reduce((sum, one) => sum + one, 0) / known.length;
  return new Map(rows.map(({ id }) => [id, vectors.get(id)?.score ?? usual]));
}

function lexicalByPlace(rows: readonly Row[], own: ReadonlyMap<number, OwnScore>): Map<number, number> {
  const byPlace = new Map<number, number>();
  for (const row of rows) {
    const reached = own.get(row.id);
    if (reached !== undefined) byPlace.set(placeKey(row), reached.score);
  }
  return withNeighbours(byPlace);
}

/** The candidates, and those of their neighbours that come before most of them. */
function withPlaces(index: PieceIndex, rows: readonly Row[], scores: ReadonlyMap<number, number>): Row[] {
  const known = new Set(rows.map(placeKey));
  const wanted = [...scores]
    .filter(([key]) => !known.has(key))
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MOST_LOOKED_UP)
    .map(([key]) => key);
  if (wanted.length === 0) return [...rows];
  const near = index
    .sql(
      `SELECT ${COLUMNS} FROM json_each(?) AS wanted CROSS JOIN piece
       ON piece.source = wanted.value / ${SEATS} AND piece.seq = wanted.value % ${SEATS}`,
    )
    .all(JSON.stringify(wanted))
    .map(toRow);
  return [...rows, ...near];
}

function newestOf(index: PieceIndex, limits: Limits): Ranked[] {
  return rowsOf(index, newestWithin(index, limits, CANDIDATES))
    .filter((row) => isAllowed(row, limits))
    .map((row) => ({ row, score: 1, coverage: 1, isWhole: true }));
}

function rowsOf(index: PieceIndex, ids: readonly number[]): Row[] {
  return index
    .sql(`SELECT ${COLUMNS} FROM json_each(?) AS wanted CROSS JOIN piece ON piece.id = wanted.value`)
    .all(JSON.stringify(ids))
    .map(toRow);
}

function toRow(row: Record<string, unknown>): Row {
  return {
    id: Number(row.id),
    source: Number(row.source),
    seq: Number(row.seq),
    line: Number(row.line),
    at: row.at as string | null,
    speaker: row.speaker as string | null,
    forms: String(row.forms),
  };
}

/** Said by those that may be seen, or by those that may not, whichever are fewer. */
function visibleSources(
  index: PieceIndex,
  isVisible: RecallRequest['isVisible'],
): Pick<Limits, 'only' | 'without'> {
  if (isVisible === undefined) return { only: null, without: [] };
  const only: number[] = [];
  const without: number[] = [];
  for (const [name, { id }] of index.sources) (isVisible(name) ? only : without).push(id);
  return without.length <= only.length ? { only: null, without } : { only, without: [] };
}

function isAllowed(row: Row, { only, without, within }: Limits): boolean {
  if (only?.includes(row.source) === false || without.includes(row.source)) return false;
  return within === undefined || isWithin(row.at, within);
}

/** @returns days within both */
function narrowed(limits: Limits, range: DayRange): Limits {
  const { from, to } = limits.within ?? {};
  const later = [from, range.from]
    .filter((day) => day !== undefined)
    .toSorted()
    .at(-1);
  const earlier = [to, range.to].filter((day) => day !== undefined).toSorted()[0];
  return { ...limits, within: dayRange(later, earlier) };
}

/** What a piece of usual length has that holds each word of the question once. */
function unitOf({ terms }: Question): number {
  return terms.reduce((sum, { idf }) => sum + weightOf(idf, 1, 1, 1), 0) || 1;
}

/** Best first; of those that match alike what holds all that was asked for, then what has no date, such as MEMORY.md, then the newer one. */
function inOrder(all: readonly Ranked[], alike: number): Ranked[] {
  const best = all.reduce((most, { score: one }) => Math.max(most, one), 0) || 1;
  const step = (one: Ranked): number => Math.round(one.score / best / alike);
  return all.toSorted(
    (a, b) =>
      step(b) - step(a) ||
      Number(b.isWhole) - Number(a.isWhole) ||
      compareTimes(b.row.at, a.row.at) ||
      b.score - a.score ||
      b.row.id - a.row.id,
  );
}

function compareTimes(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

/** @param own of the candidates of one phrasing, by piece */
function sessionsOf(
  question: Question,
  ranked: readonly Ranked[],
  own: ReadonlyMap<number, OwnScore>,
  vectors: ReadonlyMap<number, DenseScore> | undefined,
): Map<string, number> {
  const sessions = new Map<string, { length: number; times: number[]; turns: number[]; windows: number[] }>();
  for (const { row, score: reached } of ranked) {
    const key = sessionKey(row);
    const session = sessions.get(key) ?? {
      length: 0,
      times: question.terms.map(() => 0),
      turns: [],
      windows: [],
    };
    sessions.set(key, session);
    session.turns.push(reached);
    const { window } = vectors?.get(row.id) ?? {};
    if (window !== undefined) session.windows.push(window);
    const { times = [], length = 0 } = own.get(row.id) ?? {};
    session.length += length;
    session.times = session.times.map((count, at) => count + (times[at] ?? 0));
  }
  const usual = [...sessions.values()].reduce((sum, { length }) => sum + length, 0) / (sessions.size || 1);
  const evidence = [...sessions].map(
    ([key, { length, times, turns, windows }]): [string, SessionEvidence] => {
      const weight = (at: number): number =>
        weightOf(question.terms[at]?.idf ?? 0, times[at] ?? 0, length, usual);
      return [key, { words: times.reduce((sum, _count, at) => sum + weight(at), 0), turns, windows }];
    },
  );
  return sessionScores(new Map(evidence));
}

/** A daily log, or one day of a conversation. */
function sessionKey({ source, at }: Row): string {
  return `${source} ${at?.slice(0, 10) ?? ''}`;
}
