import { realpath } from 'node:fs/promises';

/** The path without links; what is not there, or cannot be seen, is taken as written. */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return path;
    throw error;
  }
}
