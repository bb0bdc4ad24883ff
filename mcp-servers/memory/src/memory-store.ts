/**
 * The one writer of the owner's memory files. Every change is: read what is there now, change it, keep the version
 * before, write anew, rename. Changes run one after the other; a hand edit that lands in between is noticed right before
 * the rename, and the change is made again on top of it.
 *
 * When it fails, the file is as it was. A file that is not UTF-8 is never overwritten.
 */
import type { Stats } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Clock } from '@mobyclaw/lib/clock';
import { type LocalTime, localTime } from '@mobyclaw/lib/local-time';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { editExactly } from '@mobyclaw/mcp/exact-edit';
import { ToolError } from '@mobyclaw/mcp/tool';
import {
  dailyFileName,
  decodeText,
  isGuestNotes,
  MAX_FILE_BYTES,
  MAX_GUEST_BYTES,
  MEMORY,
  type MemoryFileName,
  readMemoryFile,
  statMemoryFile,
} from './memory-file.ts';
import { type Appended, appendToSection } from './section-append.ts';
import { keepVersion } from './versions.ts';

const MAX_TRIES = 20; // a hand edit per try; a program that rewrites the file without end must not hold the queue

export interface MemoryStoreOptions {
  home: string;
  clock: Clock;
  /** IANA zone of the owner; daily logs follow it. */
  timeZone: string;
  /** Called after each change, before its caller hears of it. */
  onChanged: (name: MemoryFileName) => Promise<void>;
}

class ChangedMeanwhile extends Error {}

export class MemoryStore {
  readonly #options: MemoryStoreOptions;
  readonly #queue = new SerialQueue();

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
  }

  /** @returns the text as it stands, or null where there is no such file */
  read(name: MemoryFileName): Promise<string | null> {
    return readMemoryFile(this.#options.home, name);
  }

  /** Adds facts under a heading. @param head how a file begins that is not there yet */
  async append(
    section: string,
    entry: string,
    name = MEMORY as MemoryFileName,
    head = '',
  ): Promise<Appended> {
    let appended: Appended | undefined;
    await this.#change(name, (text) => {
      appended = appendToSection(text ?? head, section, entry);
      return appended.text;
    });
    return appended as Appended;
  }

  /** @throws ToolError where the passage is not there exactly once */
  async edit(name: MemoryFileName, oldText: string, newText: string): Promise<void> {
    await this.#change(name, (text) => {
      if (text === null) throw new ToolError(`${name} does not exist. memory_list shows what there is.`);
      return editExactly(text, { file: name, oldText, newText, readTool: 'memory_read' });
    });
  }

  /** Adds a line with the time of day to today's log. */
  async log(entry: string): Promise<{ file: MemoryFileName; line: string }> {
    const now = this.today();
    const file = dailyFileName(now.date);
    const line = `- ${now.time} ${entry.trim().replace(/\r?\n/g, '\n  ')}`;
    await this.#change(file, (text) => {
      if (text === null || text.trim() === '') return `# ${now.date}, ${now.weekday}\n\n${line}\n`;
      return `${text}${text.endsWith('\n') ? '' : '\n'}${line}\n`;
    });
    return { file, line };
  }

  /** Of the owner. */
  get timeZone(): string {
    return this.#options.timeZone;
  }

  today(): LocalTime {
    return localTime(this.#options.clock.now(), this.#options.timeZone);
  }

  /** Resolves when all changes asked for so far are made. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  #change(name: MemoryFileName, transform: (text: string | null) => string): Promise<void> {
    return this.#queue.run(async () => {
      for (let tries = 1; ; tries++) {
        try {
          if (await this.#tryChange(name, transform)) await this.#options.onChanged(name);
          return;
        } catch (error) {
          if (!(error instanceof ChangedMeanwhile)) throw error;
          if (tries === MAX_TRIES) {
            throw new ToolError(`${name} is being written by another program all the time. Try again later.`);
          }
        }
      }
    });
  }

  async #tryChange(name: MemoryFileName, transform: (text: string | null) => string): Promise<boolean> {
    const { home, clock } = this.#options;
    const path = join(home, name);
    const before = statMemoryFile(home, name);
    const bytes = before === null ? null : await readIfThere(path);
    if (before !== null && bytes === null) throw new ChangedMeanwhile();
    const text = bytes === null ? null : decodeText(bytes, name);
    const changed = transform(text);
    if (changed === text) return false;
    const most = isGuestNotes(name) ? MAX_GUEST_BYTES : MAX_FILE_BYTES;
    if (Buffer.byteLength(changed) > most) {
      throw new ToolError(`${name} would grow past ${most} bytes. Shorten it first with memory_edit.`);
    }
    if (bytes === null) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    else await keepVersion(home, name, bytes, clock.now());
    await writeFileAtomic(path, changed, {
      mode: before === null ? 0o600 : before.mode & 0o777,
      beforeRename: () => {
        if (!sameFile(before, statMemoryFile(home, name))) throw new ChangedMeanwhile();
      },
    });
    return true;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function sameFile(a: Stats | null, b: Stats | null): boolean {
  if (a === null || b === null) return a === b;
  return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}
