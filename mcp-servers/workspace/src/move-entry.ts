/** `workspace_move`: renames a file, a folder or a link itself, within one workspace and never over something. */
import { rename } from 'node:fs/promises';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { ToolError } from '@mobyclaw/mcp/tool';
import { assertHoldsNone, assertNoWay } from './protected-ways.ts';
import { atPlace, lstatOrNull, type Place } from './walk.ts';
import type { Address } from './workspaces.ts';

/** @returns what was done, for the model; @throws ToolError where nothing was */
export function moveEntry(
  from: Address,
  to: Address,
  protectedFolders: ReadonlyMap<string, string>,
  ways: ReadonlyMap<string, string>,
): Promise<string> {
  if (from.workspace !== to.workspace) {
    throw new ToolError('A move stays within one workspace. Copy in the shell, then delete the original.');
  }
  return atPlace(from, { end: 'entry', protectedFolders }, (source) =>
    atPlace(to, { end: 'entry', makeFolders: true, protectedFolders }, async (target) => {
      if (source.name === null || target.name === null) {
        throw new ToolError('A workspace itself cannot be moved or replaced. Give the full new path.');
      }
      await assertMovable(source.folder, source.name, from, protectedFolders, ways);
      await assertFree(source, target, to);
      await rename(source.folder.at(source.name), target.folder.at(target.name));
      return `${from.shown} is now ${to.shown}.`;
    }),
  );
}

async function assertMovable(
  folder: HeldFolder,
  name: string,
  from: Address,
  protectedFolders: ReadonlyMap<string, string>,
  ways: ReadonlyMap<string, string>,
): Promise<void> {
  const stats = await lstatOrNull(folder, name);
  if (stats === null)
    throw new ToolError(`${from.shown} does not exist. workspace_list shows what there is.`);
  assertNoWay(stats, ways);
  if (!stats.isDirectory()) return;
  const moved = await folder.openFolder(name);
  try {
    await assertHoldsNone(moved, protectedFolders);
  } finally {
    await moved.close();
  }
}

/** A name that differs by case alone is the same entry where the file system ignores case, and may be changed. */
async function assertFree(source: Place, target: Place, to: Address): Promise<void> {
  if (source.name === null || target.name === null) return;
  const there = await lstatOrNull(target.folder, target.name);
  if (there === null) return;
  const here = await lstatOrNull(source.folder, source.name);
  const sameEntry =
    source.folder.id === target.folder.id &&
    source.name !== target.name &&
    source.name.toLowerCase() === target.name.toLowerCase() &&
    here?.ino === there.ino &&
    here?.dev === there.dev &&
    there.nlink === 1n;
  if (sameEntry) return;
  throw new ToolError(
    `${to.shown} exists already. Nothing was changed. Choose another name, or delete it first; to move into a folder, give the full new path.`,
  );
}
