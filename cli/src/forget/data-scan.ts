/**
 * Looks through every byte of the data directory for a phrase. This is how one knows that it is forgotten: whatever keeps a
 * file, and whether anybody has thought of it, what it holds is held against the phrase. Links are not followed.
 */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Phrase } from '@mobyclaw/recall/phrase';

const CHUNK_BYTES = 4 << 20;
const OVERLAP_BYTES = 4096; // longer than any phrase, in any encoding
const PACKED = /\.(?:gz|tgz|zip|xz|zst|bz2|enc)$/i;

export interface Scanned {
  /** Files that hold it, relative to the folder. */
  files: string[];
  /** Packed or encrypted ones, in which one cannot look. */
  packed: string[];
  /** What could not be read. */
  unread: string[];
}

export async function scanData(root: string, phrase: Phrase): Promise<Scanned> {
  const scanned: Scanned = { files: [], packed: [], unread: [] };
  await scanFolder(root, '', phrase, scanned);
  return scanned;
}

async function scanFolder(root: string, folder: string, phrase: Phrase, scanned: Scanned): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => null);
  if (entries === null) scanned.unread.push(folder);
  for (const entry of entries ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await scanFolder(root, path, phrase, scanned);
    else if (!entry.isFile()) continue;
    else if (PACKED.test(entry.name)) scanned.packed.push(path);
    else {
      const holds = await fileHolds(join(root, path), phrase);
      if (holds === null) scanned.unread.push(path);
      else if (holds) scanned.files.push(path);
    }
  }
}

/** @returns null where it cannot be read; a file that is gone meanwhile holds nothing */
async function fileHolds(path: string, phrase: Phrase): Promise<boolean | null> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(CHUNK_BYTES + OVERLAP_BYTES);
    let kept = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, CHUNK_BYTES);
      if (bytesRead === 0) return false;
      const bytes = buffer.subarray(0, kept + bytesRead);
      if (bytesHold(bytes, phrase)) return true;
      kept = Math.min(OVERLAP_BYTES, bytes.length);
      bytes.copy(buffer, 0, bytes.length - kept);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? false : null;
  }
}

/** As UTF-8, and as UTF-16 with either byte first. */
function bytesHold(bytes: Buffer, phrase: Phrase): boolean {
  if (phrase.isIn(bytes.toString('utf8'))) return true;
  if (!bytes.includes(0)) return false;
  return [bytes, bytes.subarray(1)].some((from) => {
    const even = from.subarray(0, from.length - (from.length % 2));
    return (
      phrase.isIn(even.toString('utf16le')) || phrase.isIn(Buffer.from(even).swap16().toString('utf16le'))
    );
  });
}
