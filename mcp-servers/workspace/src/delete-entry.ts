/**
 * `workspace_delete`: a file, a link itself, or a folder with all that is in it. A folder is counted first and refused
 * where it holds a repository's history, another workspace that is read-only, or too much. It is emptied through
 * descriptors of its folders, so that none can be swapped for a link to what lies elsewhere.
 */
import type { Dirent } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { ToolError } from '@mobyclaw/mcp/tool';
import { explained } from './file-error.ts';
import { isGitName } from './git-folder.ts';
import { assertNoWay } from './protected-ways.ts';
import { assertUnprotected, atPlace, lstatOrNull } from './walk.ts';
import type { Address } from './workspaces.ts';

const MAX_ENTRIES = 20_000; // about what takes a second; more is rather a mistake than a wish
const MAX_DEPTH = 200;

/** @returns what was done, for the model; @throws ToolError where nothing or not all was */
export function deleteEntry(
  address: Address,
  recursive: boolean,
  protectedFolders: ReadonlyMap<string, string>,
  ways: ReadonlyMap<string, string>,
): Promise<string> {
  const { shown } = address;
  return atPlace(address, { end: 'entry', protectedFolders }, async ({ folder, name }) => {
    if (name === null) throw new ToolError('A workspace itself cannot be deleted, only what is in it.');
    const stats = await lstatOrNull(folder, name);
    if (stats === null) throw new ToolError(`${shown} does not exist. workspace_list shows what there is.`);
    assertNoWay(stats, ways);
    if (!stats.isDirectory()) {
      await unlink(folder.at(name));
      return `${shown} is deleted.`;
    }
    if (!recursive) {
      throw new ToolError(`${shown} is a folder. Nothing was deleted. Give recursive: true if you mean it.`);
    }
    const doomed = await folder.openFolder(name);
    try {
      const count = await countEntries(doomed, shown, protectedFolders);
      await emptyFolder(doomed, shown);
      await rmdir(folder.at(name));
      return `${shown} is deleted, with ${count === 1 ? '1 entry' : `${count} entries`} that it held.`;
    } finally {
      await doomed.close();
    }
  });
}

async function countEntries(
  folder: HeldFolder,
  shown: string,
  protectedFolders: ReadonlyMap<string, string>,
  depth = 0,
): Promise<number> {
  assertUnprotected(folder, protectedFolders);
  if (depth > MAX_DEPTH) throw tooMuch(shown, `is deeper than ${MAX_DEPTH} folders`);
  let count = 0;
  for (const entry of await entriesOf(folder, shown)) {
    if (isGitName(entry.name)) {
      throw new ToolError(
        `${shown} holds a git repository with its history. Nothing was deleted. Delete it in the shell if the owner wants that.`,
      );
    }
    count++;
    if (entry.isDirectory()) {
      const inner = await folder.openFolder(entry.name);
      try {
        count += await countEntries(inner, shown, protectedFolders, depth + 1);
      } finally {
        await inner.close();
      }
    }
    if (count > MAX_ENTRIES) throw tooMuch(shown, `holds more than ${MAX_ENTRIES} entries`);
  }
  return count;
}

async function emptyFolder(folder: HeldFolder, shown: string): Promise<void> {
  try {
    for (const entry of await entriesOf(folder, shown)) {
      if (!entry.isDirectory()) {
        await unlink(folder.at(entry.name));
        continue;
      }
      const inner = await folder.openFolder(entry.name);
      try {
        await emptyFolder(inner, shown);
      } finally {
        await inner.close();
      }
      await rmdir(folder.at(entry.name));
    }
  } catch (error) {
    const reason = explained(error, 'an entry of it');
    if (!(reason instanceof ToolError) || reason instanceof PartlyDeleted) throw reason;
    throw new PartlyDeleted(`${shown} is deleted in part only: ${reason.message}`);
  }
}

/** Said once, however deep the folder is in which it happened. */
class PartlyDeleted extends ToolError {}

async function entriesOf(folder: HeldFolder, shown: string): Promise<Dirent[]> {
  const entries = await readdir(folder.path, { withFileTypes: true });
  if (entries.some(({ name }) => name.includes('\uFFFD'))) {
    throw tooMuch(shown, 'holds a name that is not UTF-8');
  }
  return entries;
}

function tooMuch(shown: string, why: string): ToolError {
  return new ToolError(`${shown} ${why}. Nothing was deleted. Delete it in the shell.`);
}
