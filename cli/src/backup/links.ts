/**
 * Which links a backup follows. One of the owner's that leads out of the data directory means what it leads to: his notes
 * in another folder. Everything else stays a link: what it leads to is in the backup by itself, or lies where the agent
 * writes (`sessions/`, a writable workspace), and would be whatever he has put there.
 */
import { realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';

export type LinkMeaning =
  | { follow: true }
  /** `why` where something of the owner's is not in the backup for it. */
  | { follow: false; target: Buffer; why: string | null };

export interface LinkRules {
  /** The data directory without links, and the folders in which the agent writes, each as `latin1` of its bytes. */
  root: string;
  shared: readonly string[];
  /** False where it is not known where the agent writes. */
  known: boolean;
}

/**
 * @param shared absolute paths of the folders in which the agent writes
 * @param known whether these are all
 */
export async function linkRules(root: string, shared: readonly string[], known: boolean): Promise<LinkRules> {
  const real = await Promise.all(shared.map(realOrNull));
  return { root: (await realOrNull(root)) ?? root, shared: real.filter((path) => path !== null), known };
}

/** Identities (`device:inode`) of the folders in which the agent writes. */
export async function sharedIds(shared: readonly string[]): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const path of shared) {
    try {
      const { dev, ino } = await stat(path, { bigint: true });
      ids.add(`${dev}:${ino}`);
    } catch (error) {
      if (!isNowhere(error)) throw error;
    }
  }
  return ids;
}

/**
 * @param path of the link inside the data directory
 * @param target what it says
 */
export async function meaningOf(
  { root, shared, known }: LinkRules,
  folder: HeldFolder,
  name: Buffer,
  path: Buffer,
  target: Buffer,
): Promise<LinkMeaning> {
  const real = await realOrNull(folder.at(name));
  if (real === null) return { follow: false, target, why: null }; // leads nowhere
  if (isWithin(real, root)) {
    const from = `/${dirname(path.toString('latin1'))}`;
    const inside = real.slice(root.length) || '/';
    const fitted = target[0] === 0x2f ? Buffer.from(relative(from, inside) || '.', 'latin1') : target;
    return { follow: false, target: fitted, why: null };
  }
  if (shared.some((place) => isWithin(real, place)))
    return { follow: false, target, why: 'a link to where Moby writes; it was kept as a link' };
  if (!known) return { follow: false, target, why: 'a link, kept as one while workspaces.conf has a fault' };
  return { follow: true };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

async function realOrNull(path: string | Buffer): Promise<string | null> {
  try {
    return (await realpath(path, { encoding: 'buffer' })).toString('latin1');
  } catch (error) {
    if (isNowhere(error)) return null;
    throw error;
  }
}

function isNowhere(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes(code);
}
