/**
 * Ranked search over the memory files. Before each search it compares the files with what is indexed and reads those that
 * changed, so it is right even where no watcher told of a hand edit. Files that cannot be read are named with the answer.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { ToolError } from '@mobyclaw/mcp/tool';
import {
  dayOf,
  HEARTBEAT,
  isGuestNotes,
  isMemoryFileName,
  MEMORY,
  type MemoryFileName,
  readMemoryFile,
  statMemoryFile,
} from '../memory-file.ts';
import { chunksOf } from './chunks.ts';
import { IndexDatabase, isSqliteError, removeIndex } from './index-database.ts';
import { indexable, matchExpression, queryTerms } from './terms.ts';

export interface Hit {
  file: string;
  /** Line that shares most words with the query, from 1. */
  line: number;
  section: string;
  snippet: string;
  /** 1 for the best hit, less for the others. */
  score: number;
}

export interface SearchAnswer {
  hits: Hit[];
  /** Why a file is not searched, one sentence each. */
  unread: string[];
}

export class SearchIndex {
  readonly #home: string;
  readonly #path: string;
  readonly #queue = new SerialQueue();
  readonly #unread = new Map<string, string>();
  #database: IndexDatabase | undefined;

  constructor(home: string) {
    this.#home = home;
    this.#path = join(home, 'memory', '.index', 'search.db');
  }

  /** Brings the index up to date with the files. */
  sync(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#repairing(() => this.#sync());
    });
  }

  /**
   * @param today YYYY-MM-DD in the owner's zone
   * @param notes of guests that are searched too: one file, none, or all
   */
  search(query: string, today: string, limit: number, notes = 'all'): Promise<SearchAnswer> {
    return this.#queue.run(() =>
      this.#repairing(async () => {
        const database = await this.#sync();
        const terms = queryTerms(query);
        const found = terms.length === 0 ? [] : database.search(matchExpression(terms), today, limit, notes);
        const best = found[0]?.score ?? 1;
        const hits = found.map(({ file, line, section, content, score }) => {
          const lines = content.split('\n');
          const at = bestLine(lines, terms);
          return { file, line: line + at, section, snippet: content, score: score / best };
        });
        const unread = [...this.#unread].filter(
          ([name]) => !isGuestNotes(name) || [name, 'all'].includes(notes),
        );
        return { hits, unread: unread.map(([, why]) => why) };
      }),
    );
  }

  async close(): Promise<void> {
    await this.#queue.idle();
    this.#database?.close();
    this.#database = undefined;
  }

  /** An index that breaks while in use is thrown away and built anew, once. */
  async #repairing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      this.#database?.close();
      this.#database = undefined;
      removeIndex(this.#path);
      return work();
    }
  }

  async #sync(): Promise<IndexDatabase> {
    if (this.#database && !this.#database.inPlace) {
      this.#database.close();
      this.#database = undefined;
    }
    this.#database ??= new IndexDatabase(this.#path);
    const database = this.#database;
    this.#unread.clear();
    const names = memoryFiles(this.#home);
    for (const name of names) {
      try {
        const stat = statMemoryFile(this.#home, name);
        if (stat === null) {
          database.remove(name);
        } else if (database.stamps.get(name) !== stampOf(stat)) {
          const text = await readMemoryFile(this.#home, name);
          database.replace(name, stampOf(stat), dayOf(name), chunksOf(text ?? ''));
        }
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        this.#unread.set(name, error.message);
        database.remove(name);
      }
    }
    const there = new Set<string>(names);
    for (const name of [...database.stamps.keys()]) if (!there.has(name)) database.remove(name);
    return database;
  }
}

/** @returns names of all memory files that exist, daily logs and guests' notes among them */
export function memoryFiles(home: string): MemoryFileName[] {
  const notes = readdirSync(join(home, 'memory')).map((name) => `memory/${name}`);
  const guests = namesIn(join(home, 'memory/guests')).map((name) => `memory/guests/${name}`);
  return [MEMORY, HEARTBEAT, ...notes, ...guests].filter(isMemoryFileName);
}

/** A link is no folder of ours: it would lead out. */
function namesIn(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}

function stampOf(stat: Stats): string {
  return `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
}

function bestLine(lines: readonly string[], terms: readonly string[]): number {
  const shared = lines.map((line) => {
    const text = indexable(line).toLowerCase();
    return terms.filter((term) => text.includes(term)).length;
  });
  return Math.max(0, shared.indexOf(Math.max(...shared)));
}
