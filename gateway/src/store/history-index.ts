/**
 * Search over what was said, by the ranking of `recall/`. The index is a file beside gateway.db that holds no text and can be
 * deleted at any time: it is filled from the messages in their order, in small steps beside the work of the gateway
 * (history-indexer.ts), and a search adds the latest ones before it looks. It never waits for an index that is made anew: what is
 * not indexed yet is counted in the answer.
 *
 * A conversation stays in the index under the name it had; what it is called now, `ChatNames` knows.
 */
import { dirname, join } from 'node:path';
import { cutText } from '@mobyclaw/lib/cut-text';
import { localTime } from '@mobyclaw/lib/local-time';
import type { VectorsAnswer } from '@mobyclaw/protocol/vectors';
import { isDamage, removeIndexFile, repairing } from '@mobyclaw/recall/index-file';
import { passagesOf } from '@mobyclaw/recall/long-text';
import { type Addition, PieceIndex } from '@mobyclaw/recall/piece-index';
import { type MadeVector, PieceVectors, type Wanted } from '@mobyclaw/recall/piece-vectors';
import { type Recalled, recall } from '@mobyclaw/recall/search';
import { snippetOf } from '@mobyclaw/recall/snippet';
import type { DayRange } from '@mobyclaw/recall/time-words';
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';
import { type MessageRow, toMessage } from './message-store.ts';

const BEFORE_SEARCH = 100; // messages, some 10 ms; more is the indexer's
const MOST_AWAITED = 1000; // messages, some 100 ms: more than are said between two looks of the indexer
const PASSAGES = 3; // of one message among the hits, which are one hit
const MOST_PASSAGES = 10_000; // of one message
const NEIGHBOUR_CHARS = 200;
const NAMED_SENDER = /^(.*) \([a-z]+:\S+\)$/s; // as inbound/ writes a sender of a messenger
const AGENT = 'Moby';

export interface HistoryRequest {
  phrasings: readonly string[];
  limit: number;
  /** Only in this conversation. */
  session?: string | null;
  /** Only what was said in these days. */
  within?: DayRange | undefined;
  /** What "last week" is counted from; milliseconds since the epoch. */
  now: number;
  /** Nothing is added to the index before, since somebody waits for his answer: it looks at what is there. */
  atOnce?: boolean;
  /** What the phrasings mean, where that is known. */
  meaning?: { model: string; vectors: ReadonlyMap<string, Float32Array> };
}

export interface HitRow extends MessageRow {
  /** The passage, with matches between « and ». */
  snippet: string;
  /** 1 for the best, less for the others. */
  score: number;
  /** How much of what was asked for it holds, from 0 to 1. */
  coverage: number;
  /** Who said it, where the platform or Moby himself tells. */
  speaker: string | null;
  /** Of its conversation, where it has one. */
  title: string | null;
  /** Beginnings of the messages right before and after it in its conversation. */
  before: string | null;
  after: string | null;
}

export interface HistoryAnswer {
  hits: HitRow[];
  /** How many messages are not in the index yet. */
  missing: number;
}

export class HistoryIndex {
  readonly #db: Database;
  readonly #names: ChatNames;
  readonly #timeZone: string;
  readonly #path: string;
  #index: PieceIndex | undefined;
  #vectors: PieceVectors | undefined;
  /** Id of the last message that is in the index. */
  #upTo = 0;

  /** @param timeZone of the owner, by which days are told */
  constructor(db: Database, names: ChatNames, timeZone: string) {
    this.#db = db;
    this.#names = names;
    this.#timeZone = timeZone;
    this.#path = join(dirname(db.path), '.index', 'history.db');
  }

  search(request: HistoryRequest): HistoryAnswer {
    if (request.atOnce && this.#index === undefined) return { hits: [], missing: this.#countMissing() };
    const recalled = this.#repairing(() => {
      if (!request.atOnce) this.#addBeforeSearch();
      return this.#recall(request);
    });
    const seen = new Set<number>();
    const hits: HitRow[] = [];
    for (const { line, speaker, score, coverage } of recalled.hits) {
      if (hits.length === request.limit || seen.has(line)) continue;
      seen.add(line);
      const row = this.#db.sql('SELECT * FROM messages WHERE id = ?').get(line);
      if (row === undefined) continue; // forgotten since
      const message = toMessage(row);
      hits.push({
        ...message,
        snippet: snippetOf(message.text, recalled.asked),
        ...{ score, speaker, coverage, title: this.#titleOf(message.session) },
        ...this.#neighboursOf(message),
      });
    }
    return { hits, missing: this.#countMissing() };
  }

  /**
   * Adds some of what was said last, before a search by somebody who can wait a moment.
   * @returns whether it is to be called again: few enough are missing now. False also where an index is being made of all that was
   *   ever said, or none can be written
   */
  addLatest(): boolean {
    return this.#repairing(() => this.#addBeforeSearch()) && this.#countMissing() <= MOST_AWAITED;
  }

  /**
   * Adds the next messages.
   * @param most of them
   * @returns whether there are more
   */
  catchUp(most: number): boolean {
    return this.#repairing(() => this.#catchUp(most));
  }

  /** An empty index takes the place of this one, in which words stand that are forgotten; the indexer fills it. */
  makeAnew(): void {
    this.#throwAway();
  }

  /**
   * Removes what is not in the history any more because of its age.
   * @returns whether there may be more
   */
  forgetOld(most: number): boolean {
    const first = this.#db.sql('SELECT min(id) AS id FROM messages').get()?.id;
    if (first == null) return false;
    return this.#repairing(() => this.#open().forgetBefore(Number(first), most));
  }

  /** Keeps vectors that were made of a model. @returns pieces that have none of it, the newest first */
  vectors(model: string, made: readonly MadeVector[], most: number): VectorsAnswer {
    if (this.#index === undefined) return { wanted: [], done: 0, of: 0 }; // the indexer comes first
    return this.#repairing(() => {
      const index = this.#open();
      this.#vectors?.put(model, made);
      const wanted = this.#vectors?.wanted(model, most) ?? [];
      return {
        wanted: wanted.map((piece) => ({ id: piece.id, check: piece.check, text: this.#textOf(piece) })),
        done: this.#vectors?.count(model) ?? 0,
        of: index.counts.pieces,
      };
    });
  }

  close(): void {
    this.#index?.close();
    this.#index = undefined;
  }

  #recall({ phrasings, limit, session = null, within, now, meaning }: HistoryRequest): Recalled {
    const wanted = session === null ? null : this.#names.current(session);
    const index = this.#open();
    return recall(index, {
      phrasings,
      dense: meaning && this.#vectors?.dense(meaning.model, meaning.vectors),
      limit: limit * PASSAGES,
      today: localTime(now, this.#timeZone).date,
      ...(within === undefined ? {} : { within }),
      ...(wanted === null ? {} : { isVisible: (source) => this.#names.current(source) === wanted }),
    });
  }

  /** A full disk, or one that cannot be written, holds up no search. @returns whether there are more that can be added */
  #addBeforeSearch(): boolean {
    try {
      return this.#catchUp(BEFORE_SEARCH);
    } catch (error) {
      if (isDamage(error) || (error as { code?: string }).code !== 'ERR_SQLITE_ERROR') throw error;
      return false;
    }
  }

  #catchUp(most: number): boolean {
    const last = this.#lastMessage();
    if (last === 0 && this.#index === undefined) return false; // nothing was said yet: no file for it
    const index = this.#open();
    if (this.#upTo > last) {
      this.#throwAway(); // of a database that was put back to an older state
      return this.#catchUp(most);
    }
    if (this.#upTo === last) return false;
    const rows = this.#db
      .sql(
        `SELECT messages.*, turns.sender AS sender FROM messages LEFT JOIN turns ON turns.id = messages.turn
         WHERE messages.id > ? ORDER BY messages.id LIMIT ?`,
      )
      .all(this.#upTo, most);
    index.append(rows.map((row) => this.#addition(row)));
    this.#upTo = Number(rows.at(-1)?.id ?? last);
    return this.#upTo < last;
  }

  #addition(row: Record<string, unknown>): Addition {
    const { id, role, session, text, at } = toMessage(row);
    const { date, time } = localTime(at, this.#timeZone);
    const speaker = role === 'assistant' ? AGENT : (NAMED_SENDER.exec(String(row.sender ?? ''))?.[1] ?? null);
    const passages = role === 'marker' ? [] : passagesOf(text);
    return {
      source: session,
      stamp: `${this.#timeZone} ${id}`,
      pieces: passages.map((content) => ({ line: id, content, section: '', at: `${date} ${time}`, speaker })),
    };
  }

  /** The passage that a piece is of its message; empty where that was forgotten since. */
  #textOf({ source, seq, line }: Wanted): string {
    const { text } = this.#db.sql('SELECT text FROM messages WHERE id = ?').get(line) ?? {};
    const index = this.#open();
    const before = index
      .sql('SELECT count(*) AS n FROM piece WHERE source = ? AND seq < ? AND seq > ? AND line = ?')
      .get(index.sources.get(source)?.id ?? -1, seq, seq - MOST_PASSAGES, line);
    return passagesOf(String(text ?? ''))[Number(before?.n)] ?? '';
  }

  #neighboursOf({ session, id }: MessageRow): { before: string | null; after: string | null } {
    const near = (condition: string): string | null => {
      const row = this.#db
        .sql(`SELECT text FROM messages WHERE session = ? AND role <> 'marker' AND ${condition} LIMIT 1`)
        .get(session, id);
      return row === undefined ? null : cutText(String(row.text), NEIGHBOUR_CHARS);
    };
    return { before: near('id < ? ORDER BY id DESC'), after: near('id > ? ORDER BY id') };
  }

  #titleOf(session: string): string | null {
    const title = this.#db.sql('SELECT title FROM sessions WHERE key = ?').get(session)?.title;
    return typeof title === 'string' ? title : null;
  }

  #lastMessage(): number {
    return Number(this.#db.sql('SELECT max(id) AS id FROM messages').get()?.id ?? 0);
  }

  #countMissing(): number {
    if (this.#upTo === this.#lastMessage()) return 0;
    const row = this.#db.sql('SELECT count(*) AS n FROM messages WHERE id > ?').get(this.#upTo);
    return Number(row?.n);
  }

  #open(): PieceIndex {
    if (this.#index?.inPlace === false) this.close();
    if (this.#index) return this.#index;
    this.#index = new PieceIndex(this.#path, { keepsText: false });
    this.#vectors = new PieceVectors(this.#index);
    const stamps = [...this.#index.sources.values()].map(({ stamp }) => stamp.split(' '));
    if (stamps.some(([zone]) => zone !== this.#timeZone)) {
      this.#throwAway(); // its days are those of another zone
      return this.#open();
    }
    this.#upTo = stamps.reduce((most, [, id]) => Math.max(most, Number(id)), 0);
    return this.#index;
  }

  /** An index that turns out to be damaged is thrown away; what is asked of the new one, it answers from what it has. */
  #repairing<T>(work: () => T): T {
    return repairing(() => this.#throwAway(), work);
  }

  #throwAway(): void {
    this.close();
    removeIndexFile(this.#path);
    this.#upTo = 0;
  }
}
