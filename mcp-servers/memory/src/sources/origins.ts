/**
 * Finds where the lines of a memory file come from, although only words tie a line to its record: the owner moves, rewords and
 * deletes lines as he likes. The same words are the line itself; a line that no tool wrote, and that is mostly the words of
 * one that stands nowhere any more, is that one "edited by hand since"; of everything else is said what is not known.
 */
import type { LineSource, WhyLine } from '@mobyclaw/protocol/memory-source';
import type { JournalChange, JournalRecord } from './journal-record.ts';
import { fingerprint, lineKey, sharedWords } from './line-key.ts';

const REWORDED = 0.6; // of the words, see origins.test.ts: below, it may be another fact of the same form

export interface Written {
  line: string;
  was?: string;
  change: JournalChange;
}

export type Origin = Pick<WhyLine, 'state' | 'source' | 'written' | 'from' | 'replaced' | 'said'>;

export class Origins {
  /** When sources began to be kept; null where there is no journal. */
  readonly since: string | null;
  /** Last time each line was written, by file and key, and by key alone. */
  readonly #written = new Map<string, Written>();
  readonly #anywhere = new Map<string, Written>();
  /** Last time a tool took it away, by file and key. */
  readonly #removed = new Map<string, JournalChange>();
  readonly #known: ReadonlySet<string>;

  constructor(records: readonly JournalRecord[]) {
    const begun = records.find((record) => record.op === 'begun');
    this.since = begun?.at ?? records[0]?.at ?? null;
    this.#known = new Set(begun?.known);
    for (const record of records) {
      if (record.op !== 'change') continue;
      const { file } = record;
      for (const line of record.removed) this.#removed.set(placed(file, line), record);
      for (const { line, was } of record.wrote) {
        if (was !== undefined) this.#removed.set(placed(file, was), record);
        const written = { line, ...(was === undefined ? {} : { was }), change: record };
        this.#written.set(placed(file, line), written);
        this.#anywhere.set(lineKey(line), written);
      }
    }
  }

  /** Every line that a tool wrote, at its last time. */
  get written(): Iterable<Written> {
    return this.#written.values();
  }

  /** @returns by which change a tool took a line away after it was written */
  removalOf({ line, change }: Written): JournalChange | null {
    const removal = this.#removed.get(placed(change.file, line));
    return removal !== undefined && removal.at >= change.at && removal !== change ? removal : null;
  }

  /**
   * @param day of a daily log, as YYYY-MM-DD; null for other files
   * @param present keys of all lines of that file
   */
  of(file: string, line: string, day: string | null, present: ReadonlySet<string>): Origin {
    const exact = this.#written.get(placed(file, line)) ?? this.#anywhere.get(lineKey(line));
    if (exact) {
      const moved = exact.change.file !== file;
      return {
        state: moved ? 'moved' : 'written',
        ...toldOf(exact),
        ...(moved ? { from: exact.change.file } : {}),
      };
    }
    const reworded = this.#rewordedFrom(file, line, present);
    if (reworded) return { state: 'edited', ...toldOf(reworded), written: reworded.line };
    const wasThere =
      this.since === null ||
      this.#known.has(fingerprint(line)) ||
      (day !== null && day < this.since.slice(0, 10));
    return { state: wasThere ? 'before' : 'by-hand', source: null };
  }

  /** The record of a line that was reworded by hand. */
  #rewordedFrom(file: string, line: string, present: ReadonlySet<string>): Written | null {
    if (this.#known.has(fingerprint(line))) return null;
    let best: Written | null = null;
    let most = REWORDED;
    for (const written of this.#written.values()) {
      if (written.change.file !== file || present.has(lineKey(written.line)) || this.removalOf(written))
        continue;
      const shared = sharedWords(line, written.line);
      if (shared < most) continue;
      best = written;
      most = shared;
    }
    return best;
  }
}

function placed(file: string, line: string): string {
  return `${file}\n${lineKey(line)}`;
}

function toldOf({ was, change }: Written): Omit<Origin, 'state'> {
  return {
    source: sourceOf(change),
    ...(was === undefined ? {} : { replaced: was }),
    ...(change.said === undefined ? {} : { said: change.said }),
  };
}

export function sourceOf({ at, turn, session, asker, sender }: JournalChange): LineSource {
  return {
    at,
    ...(turn === undefined ? {} : { turn }),
    ...(session === undefined ? {} : { session }),
    ...(asker === undefined ? {} : { asker }),
    ...(sender === undefined ? {} : { sender }),
  };
}
