/** The docker-compose.yml that the containers run on, kept for a way back: the checkout may hold another by then. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';

/** Where the docker-compose.yml is that the containers were last started well with. */
export function keptComposeFile({ run }: Context['data']): string {
  return join(run, 'docker-compose.yml');
}

/** Images of one version may not fit the file of the next. A full disk is no reason to fail once they are up. */
export async function keepComposeFile({ checkout, data }: Pick<Context, 'checkout' | 'data'>): Promise<void> {
  const kept = keptComposeFile(data);
  try {
    await copyFile(join(checkout, 'docker-compose.yml'), kept);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    await rm(kept, { force: true }); // half of one is worse than none
  }
}
