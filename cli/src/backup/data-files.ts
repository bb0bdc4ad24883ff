/**
 * What of the data directory is in a backup, one entry after the other, each read as it is met. What is not is in
 * `data-rules.ts`, which links are followed in `links.ts`.
 *
 * Every folder is held open while one is in it, and no entry is opened through a link: the agent's shell writes in
 * `sessions/`, also while this runs. In there a link stays a link, and no database is opened by its path
 * (`session-files.ts`). What cannot be read, or is no file, is named and passed over; it ends nothing.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HeldFolder } from '@mobyclaw/lib/held-folder';
import { isLeftOut } from './data-rules.ts';
import { isUtf8, standIn } from './entry-name.ts';
import { isMostlyHoles } from './holes.ts';
import type { LeftOut } from './left-out.ts';
import { type LinkRules, linkRules, meaningOf, sharedIds } from './links.ts';
import { steadyCopies } from './session-files.ts';

interface Head {
  /** Inside the data directory, with `/`. */
  path: Buffer;
  mode: number;
  mtime: Date;
}

export type DataEntry =
  | (Head & { kind: 'folder' })
  /** Open until the next entry is asked for. */
  | (Head & { kind: 'file'; file: FileHandle })
  | (Head & { kind: 'database'; absolute: string })
  | (Head & { kind: 'link'; target: Buffer })
  /** Another name of a file that came before. */
  | (Head & { kind: 'hard-link'; first: Buffer })
  | (LeftOut & { kind: 'left-out' });

export interface DataFilesOptions {
  /** The data directory. */
  root: string;
  /** The owner's folders in which the agent writes; null where they are not known. */
  workspaces: readonly string[] | null;
  /** `device:inode` of a file that is no part of it: the archive itself. */
  without: string;
  /** A folder of ours, for copies. */
  scratch: string;
}

const MOST_LEVELS = 400; // each holds a descriptor, of which a process has some thousand
const MOST_PATH_BYTES = process.platform === 'linux' ? 3_500 : 900; // a restore names it whole, below a folder of its own
const MOST_LOOKS = 20;
/** It is no longer of the kind that it was when looked at. */
const REPLACED = ['ELOOP', 'ENOTDIR', 'EINVAL'];
/** What the file system says about one entry, and not about the disk or this process. */
const OF_THE_FILE = ['EACCES', 'EPERM', 'ENOENT', 'ENXIO', 'EIO', 'ENAMETOOLONG', 'ESTALE', 'EOPNOTSUPP'];
const SQLITE_MAGIC = Buffer.from('SQLite format 3\0');
const SLASH = Buffer.from('/');
const LOGS = ['-wal', '-shm', '-journal'];

interface Place {
  folder: HeldFolder;
  path: Buffer;
  level: number;
  /** Whether the agent's shell writes there. */
  shared: boolean;
}

/** Where one is; logs of databases that went before are in their copy. */
type Here = Place & { logs: Set<string> };

/** @throws where the data directory itself cannot be read */
export async function* dataFiles(options: DataFilesOptions): AsyncGenerator<DataEntry> {
  const { root, workspaces } = options;
  const shared = [join(root, 'sessions'), ...(workspaces ?? [])];
  const rules = await linkRules(root, shared, workspaces !== null);
  const folder = await HeldFolder.root(root);
  try {
    const walk = new DataWalk(options, rules, await sharedIds(shared));
    yield* walk.entriesOf({ folder, path: Buffer.alloc(0), level: 0, shared: false });
  } finally {
    await folder.close();
  }
}

class DataWalk {
  readonly #options: DataFilesOptions;
  readonly #links: LinkRules;
  readonly #sharedIds: ReadonlySet<string>;
  /** Folders of the owner's part, by identity: none is in twice, by whatever way. */
  readonly #entered = new Set<string>();
  /** Of files with several names, the path of the first. */
  readonly #firstNames = new Map<string, Buffer>();

  constructor(options: DataFilesOptions, links: LinkRules, shared: ReadonlySet<string>) {
    this.#options = options;
    this.#links = links;
    this.#sharedIds = shared;
  }

  async *entriesOf(place: Place): AsyncGenerator<DataEntry> {
    if (!place.shared) this.#entered.add(place.folder.id);
    const names = (await readdir(place.folder.path, { encoding: 'buffer' })).toSorted(Buffer.compare);
    const logs = new Set<string>();
    for (const name of names) {
      const path = place.path.length === 0 ? name : Buffer.concat([place.path, SLASH, name]);
      if (logs.has(name.toString('latin1')) || isLeftOut(path.toString(), place.shared)) continue;
      if (path.length > MOST_PATH_BYTES) {
        yield leftOut(path, `a path of ${path.length} bytes, which no file system call takes`);
        continue;
      }
      yield* this.#settled({ ...place, logs }, name, path);
    }
  }

  /** The entry as it is once it has stopped becoming a link, a folder and a file in turns. */
  async *#settled(place: Here, name: Buffer, path: Buffer): AsyncGenerator<DataEntry> {
    for (let looks = 1; ; looks++) {
      let begun = false;
      try {
        for await (const entry of this.#entry(place, name, path)) {
          begun = true;
          yield entry;
        }
        return;
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' && !begun) return; // gone meanwhile
        const replaced = REPLACED.includes(code);
        if (replaced && !begun && looks < MOST_LOOKS) continue;
        if (!replaced && !OF_THE_FILE.includes(code)) throw error;
        return yield leftOut(path, replaced ? 'it keeps being replaced' : `it cannot be read (${code})`);
      }
    }
  }

  async *#entry(place: Here, name: Buffer, path: Buffer): AsyncGenerator<DataEntry> {
    const stats = await lstat(place.folder.at(name));
    if (stats.isSymbolicLink()) yield* this.#link(place, name, path, stats);
    else if (stats.isDirectory()) yield* this.#folder(place, await place.folder.openFolder(name), path);
    else if (stats.isFile()) yield* this.#file(place, name, path, () => place.folder.open(name));
    else yield { ...leftOut(path, kindOf(stats)), lost: false };
  }

  async *#link(place: Here, name: Buffer, path: Buffer, stats: Stats): AsyncGenerator<DataEntry> {
    const at = place.folder.at(name);
    const target = await readlink(at, { encoding: 'buffer' });
    const meaning = place.shared
      ? { follow: false as const, target, why: null }
      : await meaningOf(this.#links, place.folder, name, path, target);
    const isSessions = path.toString() === 'sessions'; // on another disk, say: the link itself is the owner's
    if (!meaning.follow && !isSessions) {
      yield { kind: 'link', ...head(path, stats), target: meaning.target };
      if (meaning.why !== null) yield leftOut(path, meaning.why);
      return;
    }
    await using file = await open(at, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (found.isDirectory()) yield* this.#folder(place, await HeldFolder.root(at), path);
    else if (found.isFile())
      yield* this.#file(place, name, path, () => open(at, constants.O_RDONLY | constants.O_NONBLOCK));
    else yield { ...leftOut(path, kindOf(found)), lost: false };
  }

  async *#folder(place: Place, folder: HeldFolder, path: Buffer): AsyncGenerator<DataEntry> {
    try {
      const isSessions = path.toString() === 'sessions';
      const shared = place.shared || isSessions;
      if (!place.shared && this.#entered.has(folder.id))
        return yield leftOut(path, 'a folder that is in the backup under another name');
      if (!place.shared && !isSessions && this.#sharedIds.has(folder.id))
        return yield leftOut(path, 'a folder in which Moby writes');
      if (place.level >= MOST_LEVELS) return yield leftOut(path, `deeper than ${MOST_LEVELS} folders`);
      yield { kind: 'folder', ...head(path, await folder.handle.stat()) };
      yield* this.entriesOf({ folder, path, level: place.level + 1, shared });
    } finally {
      await folder.close();
    }
  }

  async *#file(
    place: Here,
    name: Buffer,
    path: Buffer,
    opened: () => Promise<FileHandle>,
  ): AsyncGenerator<DataEntry> {
    await using file = await opened();
    const stats = await file.stat();
    const { dev, ino } = await file.stat({ bigint: true });
    const id = `${dev}:${ino}`;
    if (id === this.#options.without) return;
    if (!stats.isFile()) return yield leftOut(path, 'it was replaced while it was looked at');
    if (isMostlyHoles(stats))
      return yield leftOut(path, `${Math.round(stats.size / 1e9)} GB, nearly all of it holes`);
    const first = this.#firstNames.get(id);
    if (first !== undefined) return yield { kind: 'hard-link', ...head(path, stats), first };
    if (stats.nlink > 1) this.#firstNames.set(id, path);
    if (!(await isDatabase(file))) return yield { kind: 'file', ...head(path, stats), file };
    for (const log of logsOf(name)) place.logs.add(log);
    if (place.shared || !isUtf8(path)) yield* this.#sessionDatabase(place.folder, name, path, stats);
    else
      yield { kind: 'database', ...head(path, stats), absolute: join(this.#options.root, path.toString()) };
  }

  /** With its log as files of their own, as both were at one moment. */
  async *#sessionDatabase(
    folder: HeldFolder,
    name: Buffer,
    path: Buffer,
    stats: Stats,
  ): AsyncGenerator<DataEntry> {
    const { copies, steady } = await steadyCopies(folder, name, this.#options.scratch);
    for (const copy of copies) {
      await using file = await open(copy.file, 'r');
      const suffix = copy.name.subarray(name.length);
      yield { kind: 'file', ...head(Buffer.concat([path, suffix]), stats), file };
    }
    if (!steady) yield leftOut(path, 'it was written all the time; what is in the backup may not be whole');
  }
}

function logsOf(name: Buffer): string[] {
  return LOGS.map((suffix) => `${name.toString('latin1')}${suffix}`);
}

function head(path: Buffer, { mode, mtime }: Stats): Head {
  return { path, mode: mode & 0o777, mtime };
}

function leftOut(path: Buffer, why: string): LeftOut & { kind: 'left-out' } {
  return { kind: 'left-out', path: standIn(path), why, lost: true };
}

function kindOf(stats: Stats): string {
  const kind = stats.isSocket() ? 'a socket' : stats.isFIFO() ? 'a pipe' : 'a device';
  return `${kind}, which has no content of its own`;
}

async function isDatabase(file: FileHandle): Promise<boolean> {
  const start = Buffer.alloc(SQLITE_MAGIC.length);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return bytesRead === start.length && start.equals(SQLITE_MAGIC);
}
