/** One gateway on one folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AlreadyLockedError, acquireProcessLock } from '@mobyclaw/lib/process-lock';
import { StartError } from '@mobyclaw/lib/start-error';

/** Makes the folder where there is none. @throws StartError where it is another gateway's, or cannot be used */
export async function lockFolder(folder: string) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return acquireProcessLock(join(folder, 'gateway.lock'));
  } catch (error) {
    if (error instanceof AlreadyLockedError) {
      throw new StartError(
        `Another gateway is running on ${folder}. Stop it first ("mobyclaw down"), or set MOBYCLAW_HOME to another folder.`,
        { cause: error },
      );
    }
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `${folder} cannot be used (${code ?? String(error)}). Check who owns it and its mode.`,
      {
        cause: error,
      },
    );
  }
}
