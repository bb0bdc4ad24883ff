/**
 * How much the data directory holds, and how much room is left where it lies. The agent's shell writes in `sessions/`, so
 * folders are held while one is in them, no link is followed, and counting ends somewhere.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { HeldFolder } from '@mobyclaw/lib/held-folder';

/** From here on the owner is told. A cloned project or two with what it installs is one or two. */
export const LARGE_SESSIONS_BYTES = 5e9;

const NO_DATA = 'run'; // sockets and state of what runs, and the build it runs on, mostly links to the checkout's
const SHARED = 'sessions';
const MOST_ENTRIES = 200_000; // about a second
const MOST_LEVELS = 500; // each holds a descriptor
const BLOCK_BYTES = 512; // the unit of `blocks`, whatever the file system's is

export interface DiskUse {
  bytes: number;
  /** Of them in `sessions/`, where nothing bounds what the agent keeps. */
  sessionsBytes: number;
  freeBytes: number;
  /** There is more than was counted. */
  more: boolean;
}

/** @returns zeros where there is no such folder; what others remove meanwhile, or may not be read, is not counted */
export async function diskUse(path: string): Promise<DiskUse> {
  const folder = await openOrNull(() => HeldFolder.root(path));
  if (folder === null) return { bytes: 0, sessionsBytes: 0, freeBytes: 0, more: false };
  try {
    const { bavail, bsize } = await statfs(folder.path);
    const count = new Count();
    await count.add(folder, 0);
    return { bytes: count.bytes, sessionsBytes: count.shared, freeBytes: bavail * bsize, more: count.more };
  } finally {
    await folder.close();
  }
}

class Count {
  bytes = 0;
  shared = 0;
  more = false;
  #entries = 0;

  async add(folder: HeldFolder, level: number): Promise<void> {
    for (const name of namesIn(folder)) {
      if (level === 0 && name.toString() === NO_DATA) continue;
      if (++this.#entries > MOST_ENTRIES || level > MOST_LEVELS) {
        this.more = true;
        return;
      }
      const before = this.bytes;
      await this.#addEntry(folder, name, level);
      if (level === 0 && name.toString() === SHARED) this.shared = this.bytes - before;
    }
  }

  async #addEntry(folder: HeldFolder, name: Buffer, level: number): Promise<void> {
    const found = statOrNull(folder, name);
    if (found?.isFile()) this.bytes += Math.min(found.size, found.blocks * BLOCK_BYTES || found.size);
    if (!found?.isDirectory()) return;
    const inner = await openOrNull(() => folder.openFolder(name));
    if (inner === null) return;
    try {
      await this.add(inner, level + 1);
    } finally {
      await inner.close();
    }
  }
}

function namesIn(folder: HeldFolder): Buffer[] {
  try {
    return readdirSync(folder.path, { encoding: 'buffer' });
  } catch (error) {
    if (isPassing(error)) return [];
    throw error;
  }
}

function statOrNull(folder: HeldFolder, name: Buffer): Stats | null {
  try {
    return lstatSync(folder.at(name));
  } catch (error) {
    if (isPassing(error)) return null;
    throw error;
  }
}

async function openOrNull(open: () => Promise<HeldFolder>): Promise<HeldFolder | null> {
  try {
    return await open();
  } catch (error) {
    if (isPassing(error)) return null;
    throw error;
  }
}

/** Gone or replaced meanwhile, or not for us to read. */
function isPassing(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'EIO', 'ESTALE'].includes(code);
}
