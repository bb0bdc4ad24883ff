/**
 * Notices hand edits. chokidar watches the folder, not the files, so that an editor's rename is seen; a sweep compares
 * the files themselves every second, for folders shared with a virtual machine, where notifications may be missing.
 */
import { statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import { type FSWatcher, watch } from 'chokidar';
import { Debounce } from './debounce.ts';
import { isMemoryFileName, MEMORY, type MemoryFileName } from './memory-file.ts';
import { EGRESS, SOUL } from './versions.ts';

const SWEEP_MS = 500; // with the quiet time, a hand edit counts within a second even without a notification

export interface OwnerFileListeners {
  onSoul: () => void;
  onEgress: () => void;
  onMemory: () => void;
  /** One of the files that are searched, at once; and, when they have been quiet, that some were. */
  onNote: (name: MemoryFileName) => void;
  onNotes: () => void;
  onError: (error: unknown) => void;
}

export class OwnerFiles {
  readonly #home: string;
  readonly #soul: Debounce;
  readonly #egress: Debounce;
  readonly #memory: Debounce;
  readonly #notes: Debounce;
  readonly #onNote: OwnerFileListeners['onNote'];
  readonly #watcher: FSWatcher;
  readonly #stamps = new Map<string, string>();
  #sweep: Timer | undefined;

  constructor(home: string, clock: Clock, listeners: OwnerFileListeners) {
    this.#home = home;
    this.#soul = new Debounce(clock, listeners.onSoul);
    this.#egress = new Debounce(clock, listeners.onEgress);
    this.#memory = new Debounce(clock, listeners.onMemory);
    this.#notes = new Debounce(clock, listeners.onNotes);
    this.#onNote = listeners.onNote;
    this.#watcher = watch(home, {
      ignoreInitial: true,
      followSymlinks: false,
      depth: 1,
      ignored: (path) => !isOwnerFile(relative(home, path).split(sep).join('/')),
    });
    this.#watcher.on('all', (_event, path) => this.#touched(relative(home, path).split(sep).join('/')));
    this.#watcher.on('error', listeners.onError);
    for (const name of [SOUL, EGRESS, MEMORY]) this.#stamps.set(name, this.#stamp(name));
    this.#sweep = every(clock, SWEEP_MS, () => {
      for (const [name, before] of this.#stamps) {
        const now = this.#stamp(name);
        if (now === before) continue;
        this.#stamps.set(name, now);
        this.#touched(name);
      }
    });
  }

  async close(): Promise<void> {
    this.#sweep?.cancel();
    for (const debounce of [this.#soul, this.#egress, this.#memory, this.#notes]) debounce.cancel();
    await this.#watcher.close();
  }

  #touched(name: string): void {
    if (name === SOUL) this.#soul.touch();
    if (name === EGRESS) this.#egress.touch();
    if (name === MEMORY) this.#memory.touch();
    if (!isMemoryFileName(name)) return;
    this.#onNote(name);
    this.#notes.touch();
  }

  #stamp(name: string): string {
    const stat = statSync(join(this.#home, name), { throwIfNoEntry: false });
    return stat === undefined ? 'missing' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
  }
}

function isOwnerFile(name: string): boolean {
  return name === '' || name === 'memory' || name === SOUL || name === EGRESS || isMemoryFileName(name);
}
