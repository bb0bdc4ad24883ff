/**
 * Opens a file as whoever is in the sandbox sees it, from outside. The kernel would follow a link that is absolute, or that
 * climbs, to files of this machine: so each name of the path is looked up by itself in the folder that is held open, links
 * are followed here, from the sandbox's own root, and nobody gets above that (openat2's RESOLVE_IN_ROOT, which Node lacks).
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { spelledIn } from '@mobyclaw/lib/spelling';

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const O_PATH = 0o10000000; // to hold a folder that may be entered and not read
const MOST_LINKS = 40; // as the kernel

/**
 * @param root `/` of the sandbox, such as `/proc/<pid>/root`
 * @param path absolute, inside
 * @returns the file, opened to be read, of whatever kind it is; null where there is none
 * @throws the file system's error
 */
export async function openInside(root: string, path: string): Promise<FileHandle | null> {
  const held: FileHandle[] = [];
  const hold = async (folder: string): Promise<void> => {
    held.push(await open(folder, O_PATH | O_DIRECTORY | (held.length === 0 ? 0 : O_NOFOLLOW)));
  };
  const here = (): string => `/proc/self/fd/${held.at(-1)?.fd}`;
  try {
    await hold(root);
    let names = path.split('/');
    for (let links = 0; ; ) {
      const name = names.shift();
      if (name === undefined) return null; // a folder
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (held.length > 1) await held.pop()?.close();
        continue;
      }
      const at = `${here()}/${await spelledIn(here(), name)}`;
      const stats = await lstat(at);
      if (stats.isSymbolicLink()) {
        if (++links > MOST_LINKS) return null;
        const target = await readlink(at);
        if (target.startsWith('/')) for (const folder of held.splice(1)) await folder.close();
        names = [...target.split('/'), ...names];
      } else if (names.every((rest) => rest === '' || rest === '.')) {
        return await open(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY); // a pipe must not hold this up
      } else await hold(at);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null; // the last: made a link meanwhile
    throw error;
  } finally {
    for (const folder of held) await folder.close();
  }
}
