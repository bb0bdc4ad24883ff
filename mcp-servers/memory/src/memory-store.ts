/**
 * The one writer of the owner's memory files. Every change is: read what is there now, change it, keep the version
 * before, write anew, rename. Changes run one after the other; a hand edit that lands in between is noticed right before
 * the rename, and the change is made again on top of it.
 *
 * When it fails, the file is as it was. A file that is not UTF-8 is never overwritten. Who had which line written is in the
 * journal (sources/journal.ts) before the line is in the file.
 */
import type { Stats } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type LocalTime, localTime } from '@mobyclaw/lib/local-time';
import { ownerBytes } from '@mobyclaw/lib/owner-text';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { soulHash } from '@mobyclaw/lib/soul-hash';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { editExactly } from '@mobyclaw/mcp/exact-edit';
import { type McpCaller, ToolError } from '@mobyclaw/mcp/tool';
import { loggedLately } from './facts/logged-lately.ts';
import { replaceLine } from './facts/replace-line.ts';
import { isProtected, refuseSoftening } from './facts/softened-warning.ts';
import { withEndsOf } from './line-ends.ts';
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
import type { Journal } from './sources/journal.ts';
import type { JournalChange } from './sources/journal-record.ts';
import { lineChanges } from './sources/line-changes.ts';
import { keepVersion } from './versions.ts';

const MAX_TRIES = 20; // a hand edit per try; a program that rewrites the file without end must not hold the queue

export interface MemoryStoreOptions {
  home: string;
  clock: Clock;
  journal: Journal;
  /** IANA zone of the owner; daily logs follow it. */
  timeZone: string;
  /** Called after each change, before its caller hears of it. */
  onChanged: (name: MemoryFileName) => Promise<void>;
}

/** On whose behalf a change is made. */
export type Author = Pick<McpCaller, 'turn' | 'session' | 'asker' | 'sender'>;

interface Change {
  /** Null: the owner himself, of whose edits no source is kept. */
  by: Author | null;
  name: MemoryFileName;
  /** @returns the text as it is to be; the same text changes nothing */
  transform: (text: string | null) => string;
  /** It forgets, so what was there is kept nowhere. */
  leavesNoTrace?: true;
  /** Words of the person by which a line takes the place of another. */
  said?: string;
  /** The owner himself has decided it, so that a warning may go. */
  isOwners?: boolean;
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

  /** @returns null also where the file cannot be read as text, of which the tools tell the model */
  async readable(name: MemoryFileName): Promise<string | null> {
    try {
      return await this.read(name);
    } catch (error) {
      if (error instanceof ToolError) return null;
      throw error;
    }
  }

  /** Adds facts under a heading. @param head how a file begins that is not there yet */
  async append(
    by: Author,
    section: string,
    entry: string,
    name = MEMORY as MemoryFileName,
    head = '',
  ): Promise<Appended> {
    let appended: Appended | undefined;
    const transform = (text: string | null): string => {
      appended = appendToSection(text ?? head, section, entry);
      return appended.text;
    };
    await this.#change({ by, name, transform });
    return appended as Appended;
  }

  /** @throws ToolError where the passage is not there exactly once */
  async edit(by: Author, name: MemoryFileName, oldText: string, newText: string): Promise<void> {
    const transform = (text: string | null): string => {
      if (text === null) throw new ToolError(`${name} does not exist. memory_list shows what there is.`);
      return editExactly(text, { file: name, oldText, newText, readTool: 'memory_read' });
    };
    await this.#change({ by, name, transform });
  }

  /**
   * Puts a line in the place of another, which is found by its words.
   * @param is empty to remove it
   * @throws ToolError where it is not there once; SoftenedWarningError
   */
  async replaceLine(
    by: Author,
    name: MemoryFileName,
    old: string,
    is: string,
    { said, isOwners = false }: { said: string; isOwners?: boolean },
  ): Promise<void> {
    const transform = (text: string | null): string => {
      if (text === null) throw new ToolError(`${name} does not exist. memory_list shows what there is.`);
      return replaceLine(text, name, old, is);
    };
    await this.#change({ by, name, transform, said, isOwners });
  }

  /** Changes a file as a whole. @param transform may be called again, where somebody else writes meanwhile */
  async revise(
    by: Author,
    name: MemoryFileName,
    transform: Change['transform'],
    { isOwners = false }: { isOwners?: boolean } = {},
  ): Promise<void> {
    await this.#change({ by, name, transform, isOwners });
  }

  /**
   * Adds a line with the time of day to today's log.
   * @param once nothing is added where the same was logged today, not only right before
   * @returns the line that says it, new or from before
   */
  async log(
    by: Author,
    entry: string,
    once = false,
  ): Promise<{ file: MemoryFileName; line: string; isNew: boolean }> {
    const now = this.today();
    const file = dailyFileName(now.date);
    const line = `- ${now.time} ${entry.trim().replace(/\r?\n/g, '\n  ')}`;
    let standing: string | undefined;
    const transform = (text: string | null): string => {
      standing = text === null ? undefined : loggedLately(text, line, now.time);
      if (once && text !== null && isLogged(text, line)) standing ??= line;
      if (text !== null && standing !== undefined) return text;
      if (text === null || text.trim() === '') return `# ${now.date}, ${now.weekday}\n\n${line}\n`;
      const newline = text.includes('\r\n') ? '\r\n' : '\n';
      const own = line.replaceAll('\n', newline);
      return `${text}${text.endsWith('\n') ? '' : newline}${own}${newline}`;
    };
    await this.#change({ by, name: file, transform });
    return { file, line: standing ?? line, isNew: standing === undefined };
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#options.clock.now();
  }

  /** Forgets: neither a version nor a record is kept of what stood there before. */
  rewrite(name: MemoryFileName, transform: (text: string) => string): Promise<void> {
    return this.#change({
      by: {},
      name,
      transform: (text) => transform(text ?? ''),
      leavesNoTrace: true,
    });
  }

  /** Forgets a whole file. */
  discard(name: MemoryFileName): Promise<void> {
    return this.#queue.run(async () => {
      await rm(join(this.#options.home, name), { force: true });
      await this.#options.onChanged(name);
    });
  }

  /**
   * Saves what the owner made of a file. Lines get the ends that the file's have, since a browser gives them as LF alone.
   * @param version of the text that he edited; null: there was no such file
   * @throws HttpProblem 409 where the file is another one by now; nothing is written then
   */
  async replace(name: MemoryFileName, edited: string, version: string | null): Promise<void> {
    const transform = (text: string | null): string => {
      if ((text === null ? null : versionOf(text)) !== version) {
        throw new HttpProblem(
          'conflict',
          `${name} was changed meanwhile. Read it again, and put both together.`,
        );
      }
      return withEndsOf(text ?? '', edited);
    };
    await this.#change({ by: null, name, transform, isOwners: true });
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

  #change(change: Change): Promise<void> {
    const { name } = change;
    return this.#queue.run(async () => {
      for (let tries = 1; ; tries++) {
        try {
          if (await this.#tryChange(change)) await this.#options.onChanged(name);
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

  async #tryChange({ by, name, transform, leavesNoTrace, said, isOwners = false }: Change): Promise<boolean> {
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
    const lines = lineChanges(text ?? '', changed);
    // Only the owner forgets, so a warning may go with it.
    if (!isOwners && !leavesNoTrace && lines !== null && isProtected(name))
      refuseSoftening(name, lines, changed);
    if (bytes === null) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    else if (!leavesNoTrace) await keepVersion(home, name, bytes, clock.now());
    const write = (): Promise<void> =>
      writeFileAtomic(path, bytes === null ? changed : ownerBytes(changed, bytes), {
        mode: before === null ? 0o600 : before.mode & 0o777,
        beforeRename: () => {
          if (!sameFile(before, statMemoryFile(home, name))) throw new ChangedMeanwhile();
        },
      });
    if (leavesNoTrace) await write();
    else await this.#journalled(by, name, said === undefined ? lines : lines && { ...lines, said }, write);
    return true;
  }

  async #journalled(
    by: Author | null,
    file: MemoryFileName,
    lines: Pick<JournalChange, 'wrote' | 'removed' | 'said'> | null,
    write: () => Promise<void>,
  ): Promise<void> {
    const { journal, clock } = this.#options;
    if (by === null || lines === null) return write();
    const id = uuidv7();
    const at = new Date(clock.now()).toISOString();
    const change: JournalChange = { op: 'change', id, at, file, ...lines };
    await journal.append({ ...change, ...authorOf(by) });
    try {
      await write();
    } catch (error) {
      await journal.append({ op: 'not', at, change: id });
      throw error;
    }
  }
}

/** Names a text, so that who saves it again overwrites nothing that he has not seen. */
export function versionOf(text: string): string {
  return soulHash(Buffer.from(text));
}
function authorOf({ turn, session, asker, sender }: Author): Author {
  return {
    ...(turn === undefined ? {} : { turn }),
    ...(session === undefined ? {} : { session }),
    ...(asker === undefined ? {} : { asker }),
    ...(sender === undefined ? {} : { sender }),
  };
}

/** Whether a line of a log says the same as another, at whatever time of day. */
function isLogged(log: string, line: string): boolean {
  const what = (text: string): string => text.replace(/^- \d\d:\d\d /, '');
  const wanted = what(line);
  return `${log}\n`.split(/\r?\n(?=- \d\d:\d\d )/).some((one) => what(one).trim() === wanted.trim());
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
