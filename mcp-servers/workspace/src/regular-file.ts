/** Opening a file of a held folder to read it, where it is one: the kinds that are not are told to the model. */
import type { FileHandle } from 'node:fs/promises';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { ToolError } from '@mobyclaw/mcp/tool';

/** @throws ToolError where the entry is no regular file; the file system's error, ELOOP where it is a link */
export async function openRegularFile(folder: HeldFolder, name: string): Promise<FileHandle> {
  const handle = await folder.open(name);
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return handle;
    throw new ToolError(
      stats.isDirectory()
        ? 'This is a folder. Use workspace_list to see what is in it.'
        : 'This is a device, a pipe or a socket, not a file. It cannot be read or written here.',
    );
  } catch (error) {
    await handle.close();
    throw error;
  }
}
