/**
 * Gives a folder of the owner's back to him where root has written in it: `restore` and `up` by root. The agent's shell
 * writes in there too, so every folder is held while its entries change hands, no link is followed, and a file with
 * another name elsewhere is left alone, since that may be a file of root's own.
 */
import type { Stats } from 'node:fs';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { HeldFolder } from '@mobyclaw/lib/held-folder';

export interface Owner {
  uid: number;
  gid: number;
}

type Giving = Owner & { allOurs: boolean };

const MOST_LEVELS = 500; // each holds a descriptor; `backup` goes less deep

/**
 * @param folder itself included
 * @param allOurs nobody else has written in it, so files with several names are ours as well
 * @throws the file system's error
 */
export async function giveTree(folder: string, to: Owner, allOurs = false): Promise<void> {
  const owner = { ...to, allOurs };
  const root = await HeldFolder.root(folder);
  try {
    if ((await root.handle.stat()).uid === 0) await root.handle.chown(owner.uid, owner.gid);
    await giveEntries(root, owner, 0);
  } finally {
    await root.close();
  }
}

async function giveEntries(folder: HeldFolder, owner: Giving, level: number): Promise<void> {
  for (const name of await readdir(folder.path, { encoding: 'buffer' })) {
    try {
      await giveEntry(folder, name, owner, level);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      // Gone meanwhile, such as a database's journal, or replaced by somebody who is then its owner.
      if (!['ENOENT', 'ELOOP', 'ENOTDIR'].includes(code)) throw error;
    }
  }
}

async function giveEntry(folder: HeldFolder, name: Buffer, owner: Giving, level: number): Promise<void> {
  const stats = await lstat(folder.at(name));
  if (stats.isDirectory()) {
    if (level === MOST_LEVELS) return;
    const inner = await folder.openFolder(name);
    try {
      if ((await inner.handle.stat()).uid === 0) await inner.handle.chown(owner.uid, owner.gid);
      await giveEntries(inner, owner, level + 1);
    } finally {
      await inner.close();
    }
  } else if (stats.isFile()) {
    await using file = await folder.open(name);
    if (mayBeGiven(await file.stat(), owner)) await file.chown(owner.uid, owner.gid);
  } else if (mayBeGiven(stats, owner)) await lchown(folder.at(name), owner.uid, owner.gid);
}

function mayBeGiven({ uid, nlink }: Stats, { allOurs }: Giving): boolean {
  return uid === 0 && (allOurs || nlink === 1);
}
