/**
 * `workspace_write` and `workspace_edit`. A file is never written in place: the new one is made beside it and renamed
 * over it. So a crash leaves the old or the new, a hard link to a file elsewhere is broken and not followed, and a link
 * that appears at the last moment is replaced and not followed. Permissions are kept, set-id bits are not.
 *
 * What was looked at is looked at again right before the rename; a change by somebody else in between is an error.
 */
import { type BigIntStats, lstatSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { editExactly } from '@mobyclaw/mcp/exact-edit';
import { ToolError } from '@mobyclaw/mcp/tool';
import { fileVersion } from './file-version.ts';
import { openRegularFile } from './regular-file.ts';
import { shownSize } from './shown.ts';
import { atPlace, lstatOrNull } from './walk.ts';
import type { Address } from './workspaces.ts';

const MAX_EDITED_BYTES = 4 * 1024 * 1024;
const NEW_FILE_MODE = 0o666; // less the umask, as any program makes its files
const PERMISSIONS = 0o777;
const WRITE_BITS = 0o222n;

export interface WriteInput {
  content: string;
  overwrite: boolean;
  /** As workspace_read gave it: only this state of the file is overwritten. */
  version: string | undefined;
  protectedFolders: ReadonlyMap<string, string>;
}

/** @returns what was done, for the model; @throws ToolError where nothing was */
export function writeFile(address: Address, input: WriteInput): Promise<string> {
  const { content, overwrite, version, protectedFolders } = input;
  const { shown } = address;
  return atPlace(
    address,
    { end: 'target', makeFolders: true, protectedFolders },
    async ({ folder, name }) => {
      if (name === null) throw new ToolError(`${shown} is a folder. Give the name of a file in it.`);
      const old = await lstatOrNull(folder, name);
      if (old) assertReplaceable(old, shown, overwrite || version !== undefined);
      if (version !== undefined && (old === null || fileVersion(old) !== version)) throw changed(shown);
      await replace(folder, name, shown, old, content);
      const size = shownSize(Buffer.byteLength(content));
      return `${shown} is ${old ? 'overwritten' : 'created'}, ${size}.`;
    },
  );
}

export interface EditInput {
  oldText: string;
  newText: string;
  protectedFolders: ReadonlyMap<string, string>;
}

/** @returns what was done, for the model; @throws ToolError where nothing was */
export function editFile(
  address: Address,
  { oldText, newText, protectedFolders }: EditInput,
): Promise<string> {
  const { shown } = address;
  return atPlace(address, { end: 'target', protectedFolders }, async ({ folder, name }) => {
    if (name === null) throw new ToolError(`${shown} is a folder. Give the name of a file in it.`);
    const file = await openRegularFile(folder, name);
    let old: BigIntStats;
    let text: string;
    try {
      old = await file.stat({ bigint: true });
      text = await utf8Text(file, shown, old.size);
    } finally {
      await file.close();
    }
    assertUnlocked(old, shown);
    const edited = editExactly(text, { file: shown, oldText, newText, readTool: 'workspace_read' });
    await replace(folder, name, shown, old, edited);
    return `${shown} is changed.`;
  });
}

async function utf8Text(file: FileHandle, shown: string, size: bigint): Promise<string> {
  if (size > MAX_EDITED_BYTES) {
    throw new ToolError(`${shown} has more than ${shownSize(MAX_EDITED_BYTES)}. Edit it in the shell.`);
  }
  const bytes = await file.readFile();
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // TypeError is what the decoder throws at bytes that are no UTF-8
  }
  throw new ToolError(`${shown} is not text in UTF-8; an edit would damage it. Nothing was changed.`);
}

async function replace(
  folder: HeldFolder,
  name: string,
  shown: string,
  old: BigIntStats | null,
  content: string,
): Promise<void> {
  await writeFileAtomic(folder.at(name), content, {
    mode: old ? Number(old.mode) & PERMISSIONS : NEW_FILE_MODE,
    prepare: async (file) => {
      if (old) await takeOver(file, old);
    },
    beforeRename: () => {
      const now = lstatSync(folder.at(name), { bigint: true, throwIfNoEntry: false });
      if ((now ? fileVersion(now) : null) !== (old ? fileVersion(old) : null)) throw changed(shown);
    },
  });
}

/**
 * Gives the new file the old one's owner and permissions, before anybody can see it. It was created with no more
 * permissions than the old one has, so what a file system refuses (FAT, some network ones) leaves it narrower, not wider.
 */
async function takeOver(file: FileHandle, old: BigIntStats): Promise<void> {
  const fresh = await file.stat({ bigint: true });
  if (fresh.uid !== old.uid || fresh.gid !== old.gid) {
    await unlessRefused(file.chown(Number(old.uid), Number(old.gid)));
  }
  // The umask does not count for a file that was there.
  if (fresh.mode !== old.mode) await unlessRefused(file.chmod(Number(old.mode) & PERMISSIONS));
}

async function unlessRefused(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EINVAL') throw error;
  }
}

function assertReplaceable(old: BigIntStats, shown: string, mayOverwrite: boolean): void {
  if (old.isDirectory()) throw new ToolError(`${shown} is a folder. Give the name of a file in it.`);
  if (!old.isFile()) throw new ToolError(`${shown} is a device, a pipe or a socket, not a file.`);
  assertUnlocked(old, shown);
  if (mayOverwrite) return;
  throw new ToolError(
    `${shown} exists already (${shownSize(old.size)}). Nothing was changed. Use workspace_edit to change a part of it, or overwrite: true to replace all of it.`,
  );
}

/** Renaming over a file does not ask for its own permission, so this does. */
function assertUnlocked(old: BigIntStats, shown: string): void {
  if ((old.mode & WRITE_BITS) !== 0n) return;
  throw new ToolError(`${shown} is write-protected. Nothing was changed. Ask the owner.`);
}

function changed(shown: string): ToolError {
  return new ToolError(
    `${shown} was changed by somebody else meanwhile. Nothing was written. Read it again, then repeat the change.`,
  );
}
