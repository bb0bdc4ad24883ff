/** How much the data directory holds, and how much room is left where it lies. */
import type { Stats } from 'node:fs';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

const NO_DATA = 'run'; // sockets and state of what runs, and the build it runs on, which is a link to the checkout's

/** @returns zeros where there is no such folder; what others remove meanwhile, or may not be read, is not counted */
export async function diskUse(folder: string): Promise<{ bytes: number; freeBytes: number }> {
  if ((await statIfThere(folder)) === null) return { bytes: 0, freeBytes: 0 };
  const { bavail, bsize } = await statfs(folder);
  return { bytes: await bytesIn(folder, NO_DATA), freeBytes: bavail * bsize };
}

async function bytesIn(folder: string, without?: string): Promise<number> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isPassing(error)) return 0;
    throw error;
  }
  let sum = 0;
  for (const name of names) {
    if (name === without) continue;
    const path = join(folder, name);
    const found = await statIfThere(path);
    if (found?.isDirectory()) sum += await bytesIn(path);
    else if (found?.isFile()) sum += found.size;
  }
  return sum;
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isPassing(error)) return null;
    throw error;
  }
}

function isPassing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}
