/**
 * Files that are either the old version or the new one, whatever happens in between: written to a temporary file in
 * the same folder, synced, renamed over the target. A secret's file is created with its final mode, never changed to it.
 */
import { randomBytes } from 'node:crypto';
import { constants, type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface WriteOptions {
  /** Mode of the new file; 0o600 unless given. */
  mode?: number;
  /** Called with the written temporary file before it is synced, such as to give it another file's owner and mode. */
  prepare?: (temporary: FileHandle) => Promise<void>;
  /** Called right before the rename, as late as can be; what it throws leaves the target untouched. */
  beforeRename?: () => void;
}

/** @throws the file system's error; the target is then untouched and no temporary file is left. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', options.mode ?? 0o600);
    await handle.writeFile(data);
    await options.prepare?.(handle);
    await handle.sync();
    await handle.close();
    handle = undefined;
    options.beforeRename?.();
    await rename(temporary, path);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Creates a file that must not exist yet, with its final mode from the start.
 * @returns false where the file was already there; it is then untouched
 */
export async function createFile(path: string, data: string, mode = 0o600): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
  return true;
}

/** A rename is durable only once its folder is. Some file systems refuse to sync a folder; that is theirs to answer for. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}
