/**
 * The way to a read-only workspace that lies inside a writable one: whoever moves a folder or a link of it, or deletes one,
 * can put another folder in the workspace's place. Where its path is known as the owner wrote it, these entries are; in a
 * container it is not (each workspace is mounted by itself), so what is to be moved is looked through instead.
 */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { ToolError } from '@mobyclaw/mcp/tool';
import { assertUnprotected } from './walk.ts';
import type { Workspace } from './workspaces.ts';

const MAX_LINKS = 40; // as Linux has it
const MAX_FOLDERS = 20_000; // about what takes a second
const MAX_DEPTH = 200; // each level holds a descriptor

/** @returns identity (`device:inode`) of every folder and link on the way to a read-only workspace, with its name */
export async function protectedWays(all: readonly Workspace[]): Promise<Map<string, string>> {
  const ways = new Map<string, string>();
  for (const { name, path, mode } of all) if (mode !== 'rw') await addWay(ways, name, path);
  return ways;
}

async function addWay(ways: Map<string, string>, name: string, path: string): Promise<void> {
  const pending = path.split('/').filter(Boolean);
  let at = '/';
  for (let links = 0; pending.length > 0 && links <= MAX_LINKS; ) {
    const next = join(at, pending.shift() ?? '');
    const stats = await lstat(next, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(error.code ?? '')) return null;
      throw error;
    });
    if (stats === null) return; // a folder that is gone needs no protection
    ways.set(`${stats.dev}:${stats.ino}`, name);
    at = next;
    if (!stats.isSymbolicLink()) continue;
    links++;
    const target = resolve(dirname(next), await readlink(next));
    pending.unshift(...target.split('/').filter(Boolean));
    at = '/';
  }
}

/** @throws ToolError where the entry is on the way to a read-only workspace */
export function assertNoWay(
  { dev, ino }: { dev: bigint; ino: bigint },
  ways: ReadonlyMap<string, string>,
): void {
  const owner = ways.get(`${dev}:${ino}`);
  if (owner !== undefined) throw leadsTo(owner);
}

/** @throws ToolError where a read-only workspace lies in the folder, or it cannot be told */
export async function assertHoldsNone(
  folder: HeldFolder,
  protectedFolders: ReadonlyMap<string, string>,
): Promise<void> {
  if (protectedFolders.size > 0) await look(folder, protectedFolders, { folders: 0 }, 0);
}

async function look(
  folder: HeldFolder,
  protectedFolders: ReadonlyMap<string, string>,
  seen: { folders: number },
  depth: number,
): Promise<void> {
  assertUnprotected(folder, protectedFolders);
  if (++seen.folders > MAX_FOLDERS || depth > MAX_DEPTH) {
    throw new ToolError(
      'The folder is too large to see whether a read-only workspace lies in it. Nothing was changed. Ask the owner to move it.',
    );
  }
  for (const entry of await readdir(folder.path, { withFileTypes: true, encoding: 'buffer' })) {
    if (!entry.isDirectory()) continue;
    const inner = await folder.openFolder(entry.name);
    try {
      await look(inner, protectedFolders, seen, depth + 1);
    } finally {
      await inner.close();
    }
  }
}

function leadsTo(owner: string): ToolError {
  return new ToolError(
    `This is on the way to the workspace ${owner}, which is read-only: without it another folder could take its place. Nothing was changed.`,
  );
}
