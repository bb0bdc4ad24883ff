/**
 * `received` of the working directory: files that MCP servers returned. They are for the conversation in which they came,
 * so those of a month ago are deleted: at the start and once a day. Only what has a name that this gave is, and no link is
 * followed, since the agent's shell writes there too.
 */
import { lstat, readdir, unlink } from 'node:fs/promises';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { HeldFolder } from '@mobyclaw/lib/held-folder';

export const RECEIVED_FOLDER = 'received';
const DAY_MS = 86_400_000;
const KEPT_MS = 30 * DAY_MS; // an answer is rarely asked about after that
const GIVEN_NAME = /^[\da-f]{8}-./;

/** Sweeps now and once a day, until `signal`. @param onError told of what could not be deleted */
export async function keepReceivedSwept(
  workingDir: string,
  clock: Clock,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await sweepReceived(workingDir, clock.now()).catch(onError);
    await pause(clock, DAY_MS, signal);
  }
}

/** @returns how many files were deleted */
export async function sweepReceived(workingDir: string, now: number): Promise<number> {
  const root = await HeldFolder.root(workingDir);
  try {
    const folder = await root.openFolder(RECEIVED_FOLDER).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ELOOP' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    if (folder === null) return 0;
    try {
      return await sweep(folder, now);
    } finally {
      await folder.close();
    }
  } finally {
    await root.close();
  }
}

async function sweep(folder: HeldFolder, now: number): Promise<number> {
  let deleted = 0;
  for (const name of await readdir(folder.path)) {
    if (!GIVEN_NAME.test(name)) continue;
    const stats = await lstat(folder.at(name)).catch(gone);
    if (!stats?.isFile() || now - stats.mtimeMs < KEPT_MS) continue;
    await unlink(folder.at(name)).catch(gone);
    deleted++;
  }
  return deleted;
}

/** Somebody else was faster. */
function gone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
