/**
 * From a workspace's root to the place that a path means, one name at a time, with every folder on the way held open.
 *
 * Links are read and resolved here, never by the system: a relative one may lead anywhere inside the workspace, one that
 * is absolute or climbs above the root is refused, and so is `..` above the root. A name that is swapped between the
 * look and the opening fails to open (`O_NOFOLLOW`) and is looked at again. Invariant: whatever `use` is given lies below
 * the root. To write, the way must not lead into a `.git` or into another workspace that is read-only.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, readlink } from 'node:fs/promises';
import { HeldFolder } from '@mobyclaw/lib/held-folder';
import { spelledIn } from '@mobyclaw/lib/spelling';
import { ToolError } from '@mobyclaw/mcp/tool';
import { explained } from './file-error.ts';
import { isGitName } from './git-folder.ts';
import type { Address } from './workspaces.ts';

const MAX_LINKS = 40; // as Linux has it
const MAX_SWAPS = 20; // a folder that changes its kind this often within one call is not to be had

export interface WalkOptions {
  /** Whether a link at the end means what it points to (`target`) or itself (`entry`). */
  end: 'target' | 'entry';
  /** Given to write: folders that must not be entered, by `device:inode`, with the name of their workspace. */
  protectedFolders?: ReadonlyMap<string, string>;
  makeFolders?: boolean;
}

export interface Place {
  folder: HeldFolder;
  /** Entry of the folder, which may not exist; null where the folder itself is meant. */
  name: string | null;
  /** The names from the root to here with links resolved, `name` included. */
  trail: string[];
}

/**
 * Runs `use` at the place that the address means; the folders are held until it has ended.
 * @throws ToolError that says what is wrong with the path, or what the file system said
 */
export async function atPlace<T>(
  address: Address,
  options: WalkOptions,
  use: (place: Place) => Promise<T>,
): Promise<T> {
  const held: HeldFolder[] = [];
  try {
    held.push(await openRoot(address));
    return await use(await walk(address, options, held));
  } catch (error) {
    throw explained(error, address.shown);
  } finally {
    for (const folder of held) await folder.close();
  }
}

async function openRoot({ workspace }: Address): Promise<HeldFolder> {
  try {
    return await HeldFolder.root(workspace.path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    throw new ToolError(
      `The folder of the workspace ${workspace.name} is not there. The owner has to bring it back, or to remove the workspace.`,
    );
  }
}

async function walk(address: Address, options: WalkOptions, held: HeldFolder[]): Promise<Place> {
  const pending = [...address.components];
  const trail: string[] = [];
  let links = 0;
  let swaps = 0;
  for (;;) {
    const folder = held.at(-1) as HeldFolder;
    const given = pending.shift();
    if (given === undefined) return { folder, name: null, trail };
    if (given === '' || given === '.') continue;
    if (given === '..') {
      if (held.length === 1) throw leaves(address);
      held.pop();
      trail.pop();
      await folder.close();
      continue;
    }
    const name = await spelledIn(folder.path, given);
    if (options.protectedFolders && isGitName(name)) {
      throw new ToolError(
        `${address.shown} is inside a .git folder, where these tools write nothing. Nothing was changed. Use git itself in the shell; where it cannot write here either, commit in a clone of your own, and tell the owner where that is.`,
      );
    }
    const last = pending.every((part) => part === '' || part === '.');
    if (last && options.end === 'entry') return { folder, name, trail: [...trail, name] };
    const stats = await lstatOrNull(folder, name);
    if (stats?.isSymbolicLink()) {
      if (++links > MAX_LINKS) throw new ToolError(`${address.shown} leads through links that never end.`);
      const target = await readlinkOrNull(folder, name);
      if (target?.startsWith('/')) throw leaves(address);
      pending.unshift(...(target === null ? [name] : target.split('/')));
      continue;
    }
    if (last) return { folder, name, trail: [...trail, name] };
    if (stats === null && options.makeFolders) await makeFolder(folder, name);
    const next = await openOrNull(folder, name);
    if (next === null) {
      // No longer what it was when looked at, so it is looked at again; unless it simply is no folder.
      if (stats?.isDirectory() !== true && stats !== null) {
        throw new ToolError(
          `${address.shown} does not exist: a name on the way to it is a file, not a folder.`,
        );
      }
      if (++swaps > MAX_SWAPS) throw new ToolError(`${address.shown} keeps changing. Try again later.`);
      pending.unshift(name);
      continue;
    }
    held.push(next);
    trail.push(name);
    assertUnprotected(next, options.protectedFolders);
  }
}

/** @throws ToolError where the folder is the root of a workspace that is read-only */
export function assertUnprotected(
  folder: HeldFolder,
  protectedFolders: ReadonlyMap<string, string> | undefined,
): void {
  const owner = protectedFolders?.get(folder.id);
  if (owner === undefined) return;
  throw new ToolError(`This folder is the workspace ${owner}, which is read-only. Nothing was changed.`);
}

function leaves({ shown, workspace }: Address): ToolError {
  return new ToolError(
    `${shown} leads out of the workspace ${workspace.name}, by ".." or a link. These tools stay inside.`,
  );
}

/** What an entry is, itself; null where there is none. */
export async function lstatOrNull(folder: HeldFolder, name: string): Promise<BigIntStats | null> {
  try {
    return await lstat(folder.at(name), { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** null where it is a link no longer */
async function readlinkOrNull(folder: HeldFolder, name: string): Promise<string | null> {
  try {
    return await readlink(folder.at(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return null;
    throw error;
  }
}

/** null where it is not a folder, or not any longer */
async function openOrNull(folder: HeldFolder, name: string): Promise<HeldFolder | null> {
  try {
    return await folder.openFolder(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENOTDIR') return null;
    throw error;
  }
}

async function makeFolder(folder: HeldFolder, name: string): Promise<void> {
  try {
    await mkdir(folder.at(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // somebody else was faster
  }
}
