/**
 * Which memory files may differ from what is indexed, without a look at every file before each search. Three sources: who
 * writes or watches a file says so (`touched`); `glance` looks at the few files that are edited most and at the folders, in
 * microseconds, before each search; `sweep` goes round all files, some at a time, for folders where no notification comes.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { dayOf, HEARTBEAT, isMemoryFileName, MEMORY, type MemoryFileName } from '../memory-file.ts';

const NEWEST_LOGS = 3; // today's, and those that are still put right
const FOLDERS = ['memory', 'memory/guests'];

export class ChangedFiles {
  readonly #home: string;
  readonly #stampOf: (name: MemoryFileName) => string | undefined;
  readonly #changed = new Set<MemoryFileName>();
  #names: MemoryFileName[] = [];
  #newest: MemoryFileName[] = [];
  #folders = '';
  #swept = 0;

  /** @param stampOf how a file looked when it was read; undefined: never */
  constructor(home: string, stampOf: (name: MemoryFileName) => string | undefined) {
    this.#home = home;
    this.#stampOf = stampOf;
  }

  /** All files that are there, as far as known. */
  get names(): readonly MemoryFileName[] {
    return this.#names;
  }

  get size(): number {
    return this.#changed.size;
  }

  touched(name: MemoryFileName): void {
    this.#changed.add(name);
  }

  glance(): void {
    const folders = FOLDERS.map((folder) => stampOfFile(statOf(this.#home, folder))).join(' ');
    if (folders !== this.#folders) this.#list(folders);
    for (const name of [MEMORY, HEARTBEAT, ...this.#newest]) this.#compare(name as MemoryFileName);
  }

  /** Goes on with the round over all files. @param most files to look at */
  sweep(most: number): void {
    this.glance();
    for (let looked = 0; looked < most && looked < this.#names.length; looked++) {
      if (this.#swept >= this.#names.length) {
        this.#swept = 0;
        this.#list(this.#folders); // two changes of a folder within one tick of its clock look like one
      }
      const name = this.#names[this.#swept++];
      if (name !== undefined) this.#compare(name);
    }
  }

  /** Takes those that are to be read next: what the model works with, then the newest logs. */
  take(most: number): MemoryFileName[] {
    const rank = (name: MemoryFileName): string =>
      name === MEMORY ? '~~' : name === HEARTBEAT ? '~' : (dayOf(name) ?? '');
    const next = [...this.#changed].sort((a, b) => (rank(a) < rank(b) ? 1 : -1)).slice(0, most);
    for (const name of next) this.#changed.delete(name);
    return next;
  }

  #list(folders: string): void {
    const before = this.#names;
    this.#names = memoryFiles(this.#home).filter(
      (name) => name.includes('/') || statOf(this.#home, name) !== undefined,
    );
    this.#folders = folders;
    this.#newest = this.#names
      .filter((name) => dayOf(name) !== null)
      .sort()
      .slice(-NEWEST_LOGS);
    const there = new Set(this.#names);
    for (const name of this.#names) if (this.#stampOf(name) === undefined) this.#changed.add(name);
    for (const name of before) if (!there.has(name)) this.#changed.add(name);
  }

  #compare(name: MemoryFileName): void {
    const stat = statOf(this.#home, name);
    if (this.#stampOf(name) !== (stat === undefined ? undefined : stampOfFile(stat))) this.#changed.add(name);
  }
}

/** @returns names of all memory files that exist, daily logs and guests' notes among them */
export function memoryFiles(home: string): MemoryFileName[] {
  const notes = namesIn(join(home, 'memory')).map((name) => `memory/${name}`);
  const guests = namesIn(join(home, 'memory/guests')).map((name) => `memory/guests/${name}`);
  return [MEMORY, HEARTBEAT, ...notes, ...guests].filter(isMemoryFileName);
}

export function stampOfFile(stat: Stats | undefined): string {
  return stat === undefined ? '' : `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
}

function statOf(home: string, name: string): Stats | undefined {
  return lstatSync(join(home, name), { throwIfNoEntry: false });
}

/** A link is no folder of ours: it would lead out. */
function namesIn(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
