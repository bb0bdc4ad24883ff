/**
 * Ranked search over the memory files. The index follows the files beside the searches: what changed is read in small steps,
 * a search waits for one of them at most and says what is not read yet. An index that is gone, damaged or of another version
 * is made anew in the same way, MEMORY.md and the newest logs first. Files that cannot be read are named with the answer.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { ToolError } from '@mobyclaw/mcp/tool';
import type { VectorsAnswer } from '@mobyclaw/protocol/vectors';
import { isDamage, removeIndexFile, repairing } from '@mobyclaw/recall/index-file';
import { PieceIndex } from '@mobyclaw/recall/piece-index';
import { type MadeVector, PieceVectors } from '@mobyclaw/recall/piece-vectors';
import { neighboursOf, type RecallRequest, recall } from '@mobyclaw/recall/search';
import { isGuestNotes, type MemoryFileName, readMemoryFile, statMemoryFile } from '../memory-file.ts';
import { ChangedFiles, stampOfFile } from './changed-files.ts';
import { piecesOf } from './pieces.ts';
import type { QuestionVectors } from './question-desk.ts';

const FILES_A_STEP = 8; // a log of a busy day takes some milliseconds
const SWEEP_MS = 1000;
const FILES_A_SWEEP = 200; // under a millisecond; a year of logs has been looked at in two seconds

export interface Hit {
  file: MemoryFileName;
  /** From 1. */
  line: number;
  section: string;
  snippet: string;
  /** When it was said and by whom, where the file tells. */
  at: string | null;
  speaker: string | null;
  /** The pieces right before and after it; null where there is none. */
  before: string | null;
  after: string | null;
  /** 1 for the best hit, less for the others. */
  score: number;
  /** How much of what was asked for it holds, from 0 to 1. */
  coverage: number;
}

export interface SearchAnswer {
  hits: Hit[];
  /** Which files are about it as a whole, the best first. */
  files: string[];
  /** Why a file is not searched, one sentence each. */
  unread: string[];
  /** How many files are not read yet, of how many. */
  missing: { files: number; of: number };
}

/** What is asked; `isVisible` comes from whose notes may be read. */
export type SearchRequest = Omit<RecallRequest, 'isVisible' | 'dense'> & {
  /** What the phrasings mean, where that is known. */
  meaning?: QuestionVectors | null;
  /** Guests' notes that are searched too: one file, none, or all. */
  notes?: string;
  /** Nothing but this file. */
  only?: MemoryFileName;
};

export class SearchIndex {
  readonly #home: string;
  readonly #path: string;
  readonly #queue = new SerialQueue();
  readonly #unread = new Map<MemoryFileName, { stamp: string; why: string }>();
  readonly #changed: ChangedFiles;
  #index: PieceIndex | undefined;
  #vectors: PieceVectors | undefined;
  #working: Promise<void> | undefined;
  #sweep: Timer | undefined;
  #closed = false;

  constructor(home: string) {
    this.#home = home;
    this.#path = join(home, 'memory', '.index', 'search.db');
    this.#changed = new ChangedFiles(home, (name) => this.#stampOf(name));
  }

  /** Reads what changed since the last time, and looks for changes from then on. @param failed what goes wrong beside searches */
  start(clock: Clock, failed: (error: unknown) => void): void {
    const work = (): void => void this.#work().catch(failed);
    this.#repairing(() => this.#open()); // a file that is unusable is found now
    work();
    this.#sweep = every(clock, SWEEP_MS, () => {
      this.#changed.sweep(FILES_A_SWEEP);
      work();
    });
  }

  /** Somebody wrote this file or saw that it changed. */
  touched(name: MemoryFileName): void {
    this.#changed.touched(name);
  }

  async search({ notes = 'all', only, meaning = null, ...request }: SearchRequest): Promise<SearchAnswer> {
    await this.#queue.run(() => this.#step());
    const mayRead = (name: string): boolean =>
      only === undefined ? !isGuestNotes(name) || notes === 'all' || notes === name : name === only;
    const all = notes === 'all' && only === undefined;
    const asked: RecallRequest = all ? request : { ...request, isVisible: mayRead };
    const { hits, files } = await this.#find(asked, meaning);
    return {
      hits,
      files,
      unread: [...this.#unread].filter(([name]) => mayRead(name)).map(([, { why }]) => why),
      missing: { files: this.#changed.size, of: this.#changed.names.length },
    };
  }

  /** Where the index turns out to be damaged, a new one answers, with what can be read of the files in one step. */
  async #find(
    request: RecallRequest,
    meaning: QuestionVectors | null,
  ): Promise<Pick<SearchAnswer, 'hits' | 'files'>> {
    const find = (): Pick<SearchAnswer, 'hits' | 'files'> => {
      const index = this.#open();
      const dense = meaning && (this.#vectors?.dense(meaning.model, meaning.vectors) ?? null);
      return hitsOf(index, { ...request, dense });
    };
    try {
      return find();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#throwAway();
      await this.#queue.run(() => this.#step());
      return find();
    }
  }

  /** Keeps vectors that were made of a model. @returns pieces that have none of it, the newest first */
  vectors(model: string, made: readonly MadeVector[], most: number): VectorsAnswer {
    return this.#repairing(() => {
      const index = this.#open();
      this.#vectors?.put(model, made);
      const wanted = this.#vectors?.wanted(model, most) ?? [];
      return {
        wanted: wanted.map(({ id, check, content }) => ({ id, check, text: content })),
        done: this.#vectors?.count(model) ?? 0,
        of: index.counts.pieces,
      };
    });
  }

  /** Resolves when all changes that are known are in the index. */
  catchUp(): Promise<void> {
    return this.#work();
  }

  /** An empty index takes the place of this one, which held what is forgotten; resolves when the files are in it. */
  async makeAnew(): Promise<void> {
    await this.#queue.run(async () => {
      this.#throwAway();
      this.#unread.clear();
      this.#open();
    });
    await this.#work();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sweep?.cancel();
    await this.#working?.catch(() => undefined); // whoever began it has the error
    await this.#queue.idle();
    this.#index?.close();
    this.#index = undefined;
  }

  /** Reads all that changed, a step at a time, searches in between. */
  #work(): Promise<void> {
    this.#working ??= (async () => {
      try {
        do {
          await this.#queue.run(() => this.#step());
          await nextTurn();
        } while (this.#changed.size > 0 && !this.#closed);
      } finally {
        this.#working = undefined;
      }
    })();
    return this.#working;
  }

  async #step(): Promise<void> {
    if (this.#closed) return;
    this.#repairing(() => this.#open());
    this.#changed.glance();
    for (const name of this.#changed.take(FILES_A_STEP)) await this.#read(name);
  }

  async #read(name: MemoryFileName): Promise<void> {
    const stat = lstatSync(join(this.#home, name), { throwIfNoEntry: false });
    const stamp = stampOfFile(stat);
    this.#unread.delete(name);
    try {
      statMemoryFile(this.#home, name);
      const text = stat === undefined ? null : await readMemoryFile(this.#home, name);
      this.#repairing(() => {
        const index = this.#open();
        if (text === null) index.remove(name);
        else if (index.sources.get(name)?.stamp !== stamp) index.replace(name, stamp, piecesOf(name, text));
      });
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      this.#unread.set(name, { stamp, why: error.message });
      this.#repairing(() => this.#open().remove(name));
    }
  }

  #stampOf(name: MemoryFileName): string | undefined {
    return this.#unread.get(name)?.stamp ?? this.#index?.sources.get(name)?.stamp;
  }

  /** An index that breaks while in use is thrown away, and the work done on a new one. */
  #repairing<T>(work: () => T): T {
    return repairing(() => this.#throwAway(), work);
  }

  #throwAway(): void {
    this.#index?.close();
    this.#index = undefined;
    removeIndexFile(this.#path);
  }

  #open(): PieceIndex {
    if (this.#index && !this.#index.inPlace) {
      this.#index.close();
      this.#index = undefined;
    }
    if (!this.#index) {
      this.#index = new PieceIndex(this.#path, { keepsText: true });
      this.#vectors = new PieceVectors(this.#index);
      this.#changed.sweep(Number.POSITIVE_INFINITY);
      const there = new Set<string>(this.#changed.names);
      for (const name of this.#index.sources.keys()) {
        if (!there.has(name)) this.#changed.touched(name as MemoryFileName);
      }
    }
    return this.#index;
  }
}

function hitsOf(index: PieceIndex, request: RecallRequest): Pick<SearchAnswer, 'hits' | 'files'> {
  const { hits, sessions } = recall(index, request);
  return {
    hits: hits.map(({ source, line, seq, section, content, at, speaker, score, coverage }): Hit => {
      const { before, after } = neighboursOf(index, { source, seq });
      return {
        ...{ file: source as MemoryFileName, line, section, snippet: content, at, speaker, score, coverage },
        before: before[0]?.content ?? null,
        after: after[0]?.content ?? null,
      };
    }),
    files: [...new Set(sessions.map(({ source }) => source))],
  };
}
