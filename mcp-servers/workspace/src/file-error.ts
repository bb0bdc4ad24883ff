/** What the file system says, in words that tell the model what to do. Anything unknown stays an error of ours. */
import { HeldFolderError } from '@mobyclaw/lib/held-folder';
import { ToolError } from '@mobyclaw/mcp/tool';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. workspace_list shows what there is.',
  ENOTDIR: 'does not exist: a name on the way to it is a file, not a folder.',
  EISDIR: 'is a folder. Use workspace_list to see what is in it.',
  ELOOP: 'was replaced by a link while this call ran. Look at it again.',
  EACCES: 'may not be opened: the file system denies it to the user that runs this server.',
  EPERM: 'may not be changed: the file system denies it.',
  EROFS: 'is on a file system that is read-only.',
  ENAMETOOLONG: 'has a name that is longer than the file system allows. Choose a shorter one.',
  EILSEQ: 'has a name that this file system does not accept. Choose another one.',
  EINVAL: 'has a name or a place that this file system does not accept.',
  ENOTEMPTY: 'is a folder that is not empty.',
  EEXIST: 'exists already.',
  EBUSY:
    'is in use by the system, or held in its place, since a repository or another workspace lies in it. Nothing was moved; only the owner can.',
  EXDEV:
    'cannot be moved over there, since one of the two places is mounted by itself. Write it there, then delete it here.',
  ENOSPC: 'could not be written: the disk is full.',
  EDQUOT: 'could not be written: the disk quota is used up.',
  EFBIG: 'is too large for this file system.',
  ENXIO: 'is a device, a pipe or a socket, not a file.',
  ESTALE: 'is gone: the folder that it was in is no longer there.',
  EMFILE: 'could not be opened: too many files are open at once. Try again.',
};

/** @param shown the path as the model knows it */
export function explained(error: unknown, shown: string): unknown {
  if (error instanceof ToolError) return error;
  if (error instanceof HeldFolderError) return new ToolError(error.message, { cause: error });
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined ? error : new ToolError(`${shown} ${reason}`, { cause: error });
}
