/**
 * The journal of sources: which line a tool wrote into which file, in which turn and conversation, on whose behalf, when.
 * It lies beside the Markdown in `memory/.journal`, a file of JSON lines a month, so that none grows for ever and none is
 * rewritten but to forget. A record is on disk before the change that it tells of, so no line of a tool is without one; where the change
 * then fails, a second record takes the first one back.
 *
 * The first record says since when sources are kept and what stood in MEMORY.md then. A line that a crash has cut is passed
 * over, and what comes after it begins on a line of its own.
 */
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { type JournalRecord, journalRecordSchema } from './journal-record.ts';

const FORM = /^\d{4}-\d\d\.jsonl$/;

export class Journal {
  readonly #folder: string;
  readonly #queue = new SerialQueue();

  constructor(home: string) {
    this.#folder = join(home, 'memory', '.journal');
  }

  /** Begins the journal of a data folder that has none. @param known keys of the lines that stand in MEMORY.md */
  async begin(nowMs: number, known: () => Promise<string[]>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if ((await this.#files()).length > 0) return;
    const at = new Date(nowMs).toISOString();
    const record: JournalRecord = { op: 'begun', at, known: await known() };
    await writeFileAtomic(join(this.#folder, fileOf(at)), `${JSON.stringify(record)}\n`);
  }

  /** On disk when it resolves. @throws the file system's error; the change must then not be made */
  append(record: JournalRecord): Promise<void> {
    return this.#queue.run(() => this.#append(record));
  }

  async #append(record: JournalRecord): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const handle = await open(join(this.#folder, fileOf(record.at)), 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const torn = size > 0 && last[0] !== 0x0a;
      await handle.appendFile(`${torn ? '\n' : ''}${JSON.stringify(record)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /** All records in the order in which they were written, without those that were taken back. */
  async read(): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    const takenBack = new Set<string>();
    for (const file of await this.#files()) {
      for (const line of (await readFile(join(this.#folder, file), 'utf8')).split('\n')) {
        const record = parse(line);
        if (record?.op === 'not') takenBack.add(record.change);
        else if (record) records.push(record);
      }
    }
    return takenBack.size === 0
      ? records
      : records.filter((record) => record.op !== 'change' || !takenBack.has(record.id));
  }

  /**
   * Writes the files anew without what is forgotten. Lines that are no records go where their words do.
   * @param transform the record as it may stay; null: it goes
   * @param write false: only counts
   * @returns how many records change
   */
  async rewrite(
    transform: (record: JournalRecord) => JournalRecord | null,
    goes: (line: string) => boolean,
    write: boolean,
  ): Promise<number> {
    return this.#queue.run(async () => {
      let changed = 0;
      for (const file of await this.#files()) {
        const path = join(this.#folder, file);
        const lines = (await readFile(path, 'utf8')).split('\n');
        const kept = lines.flatMap((line) => {
          const record = parse(line);
          if (record === undefined) return goes(line) ? [] : line;
          const after = transform(record);
          return after === record ? line : after === null ? [] : JSON.stringify(after);
        });
        const different = kept.length !== lines.length || kept.some((line, at) => line !== lines[at]);
        if (!different) continue;
        const stays = new Set(kept);
        changed += lines.filter((line) => !stays.has(line)).length;
        if (write) await writeFileAtomic(path, kept.join('\n'));
      }
      return changed;
    });
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => FORM.test(name)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

function fileOf(at: string): string {
  return `${at.slice(0, 7)}.jsonl`;
}

function parse(line: string): JournalRecord | undefined {
  if (line.trim() === '') return undefined;
  try {
    return journalRecordSchema.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
