/**
 * Databases of `sessions/`, where the agent's shell writes: SQLite would open them by their path, and follow whatever link
 * has been put there by then. So they are copied as bytes, through the held folder, together with their log: the database
 * first, then its log, and again where the database has been written meanwhile. What is copied is then a state that a
 * crash could have left, which SQLite makes whole when it is opened.
 *
 * Why that is enough: a WAL only grows until a checkpoint, which writes the database; and a log that has begun anew shows
 * another header (https://www.sqlite.org/walformat.html). A rollback journal has to be the same before and after.
 */
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { isMostlyHoles } from './holes.ts';

const MOST_TRIES = 5; // a checkpoint every 4 MB written; five in a row while one copies are no conversation any more
const WAL_HEADER_BYTES = 32;
const BLOCK_BYTES = 1 << 20;

export interface SteadyCopy {
  /** On disk, beside the database: itself, `-wal`, `-journal`. */
  name: Buffer;
  file: string;
}

/**
 * @param scratch folder of ours; the copies there are replaced by those of the next call
 * @returns the copies, and whether they belong together
 * @throws the file system's error
 */
export async function steadyCopies(
  folder: HeldFolder,
  base: Buffer,
  scratch: string,
): Promise<{ copies: SteadyCopy[]; steady: boolean }> {
  const names = ['', '-wal', '-journal'].map((suffix) => Buffer.concat([base, Buffer.from(suffix)]));
  for (let tries = 1; ; tries++) {
    const before = await stamp(folder, names);
    const copies: SteadyCopy[] = [];
    for (const [index, name] of names.entries()) {
      const file = join(scratch, `session-${index}`);
      if (await copyFile(folder, name, file)) copies.push({ name, file });
    }
    const steady = before === (await stamp(folder, names));
    if (steady || tries === MOST_TRIES) return { copies, steady };
  }
}

/** What must not change while one copies: the database and its journal as a whole, of the log its beginning. */
async function stamp(folder: HeldFolder, [base, wal, journal]: readonly Buffer[]): Promise<string> {
  return [
    await state(folder, base as Buffer),
    await state(folder, journal as Buffer),
    await headOf(folder, wal as Buffer),
  ].join(' ');
}

async function state(folder: HeldFolder, name: Buffer): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await lstat(folder.at(name), { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
}

async function headOf(folder: HeldFolder, name: Buffer): Promise<string> {
  await using file = await openIfThere(folder, name);
  if (file === null) return 'none';
  const head = Buffer.alloc(WAL_HEADER_BYTES);
  await file.read(head, 0, head.length, 0);
  return head.toString('hex');
}

/** @returns false where there is no such regular file */
async function copyFile(folder: HeldFolder, name: Buffer, to: string): Promise<boolean> {
  await using source = await openIfThere(folder, name);
  if (source === null) return false;
  const stats = await source.stat();
  if (isMostlyHoles(stats)) return false;
  await using target = await open(to, 'w', 0o600);
  const { size } = stats;
  const block = Buffer.alloc(Math.min(BLOCK_BYTES, Math.max(size, 1)));
  for (let at = 0; at < size; ) {
    const { bytesRead } = await source.read(block, 0, Math.min(block.length, size - at), at);
    if (bytesRead === 0) break;
    await target.writeFile(block.subarray(0, bytesRead));
    at += bytesRead;
  }
  return true;
}

/** null where there is none, or a link or anything else in its place */
async function openIfThere(
  folder: HeldFolder,
  name: Buffer,
): Promise<Awaited<ReturnType<HeldFolder['open']>> | null> {
  let file: Awaited<ReturnType<HeldFolder['open']>>;
  try {
    file = await folder.open(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return null;
    throw error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return null;
}
