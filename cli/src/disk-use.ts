/** How much the data directory holds, and how much room is left where it lies. */
import type { Stats } from 'node:fs';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns zeros where there is no such folder; what others remove meanwhile, or may not be read, is not counted */
export async function diskUse(folder: string): Promise<{ bytes: number; freeBytes: number }> {
  const root = await statIfThere(folder);
  if (root === null) return { bytes: 0, freeBytes: 0 };
  const { bavail, bsize } = await statfs(folder);
  return { bytes: await bytesIn(folder), freeBytes: bavail * bsize };
}

async function bytesIn(folder: string): Promise<number> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isPassing(error)) return 0;
    throw error;
  }
  let sum = 0;
  for (const name of names) {
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
