/** What a disk says that takes nothing more: told as what it is, wherever it was met. */
import { access, constants, statfs } from 'node:fs/promises';
import { CliError } from './cli-error.ts';

const LEAST_FREE_BYTES = 5e6; // the shared memory and logs of the databases, which are made anew at a start

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'is full. Free some space, then run this again',
  EDQUOT: 'is full for you: your quota is used up. Free some space, then run this again',
  EROFS: 'is read-only. Make it writable (a disk with errors is mounted so), then run this again',
};

/** @returns a sentence for the owner, or null where the error is another one */
export function diskProblem(error: unknown): string | null {
  const { code = '', path } = error as NodeJS.ErrnoException;
  const reason = REASONS[code];
  return reason === undefined ? null : `The disk that ${path ?? 'this writes to'} is on ${reason}.`;
}

/**
 * Before Moby is stopped to be started again: where there is no room he would not come up.
 * @throws CliError
 */
export async function requireRoom(root: string): Promise<void> {
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize < LEAST_FREE_BYTES)
    throw new CliError(
      `The disk that ${root} is on is full, and Moby cannot start without a few megabytes. Nothing was changed. Free some space, then run this again.`,
    );
  try {
    await access(root, constants.W_OK);
  } catch (error) {
    const problem = diskProblem(error);
    if (problem === null) return; // whose it is shows when it is used
    throw new CliError(`${problem} Nothing was changed.`, { cause: error });
  }
}
