/**
 * What of Moby runs on this data directory: the background process of local mode, containers, or nothing. Local mode
 * tells of itself in run/local.json; that containers were started is written to run/compose.json by `up` and gone after
 * `down`. Docker brings containers back by itself, also after a restart of the machine.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import * as z from 'zod';
import type { DataDirectory } from './data-directory.ts';
import { isAlive, readLocalState } from './local/local-state.ts';

export interface RunningStack {
  mode: 'compose' | 'local';
  /** Of the gateway, on 127.0.0.1. */
  port: number;
  /** Whether a part that has ended is started again without the owner. */
  comesBack: boolean;
}

const composeStateSchema = z.object({
  port: z.int(),
  startedAt: z.iso.datetime(),
  /** What the images were built from, see `sourceStamp`. */
  built: z.string(),
  /** Version and digest of the build, and the commit that it is of; absent in files of earlier versions. */
  version: z.string().optional(),
  source: z.string().nullable().optional(),
  /** Compose's name for the stack, by which its containers are found. */
  project: z.string().optional(),
});

export type ComposeState = z.infer<typeof composeStateSchema>;

/** @throws CliError where run/local.json cannot be read */
export function runningStack(data: DataDirectory): RunningStack | null {
  const local = readLocalState(data);
  if (local !== null && isAlive(local)) {
    const comesBack = local.state !== 'failed' && local.state !== 'stopping';
    return { mode: 'local', port: local.port, comesBack };
  }
  const containers = readComposeState(data);
  return containers && { mode: 'compose', port: containers.port, comesBack: true };
}

export function readComposeState(data: DataDirectory): ComposeState | null {
  try {
    return composeStateSchema.safeParse(JSON.parse(readFileSync(data.composeState, 'utf8'))).data ?? null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function keepComposeState(data: DataDirectory, state: ComposeState): Promise<void> {
  await writeFileAtomic(data.composeState, `${JSON.stringify(state)}\n`);
}

export async function forgetComposeState(data: DataDirectory): Promise<void> {
  await rm(data.composeState, { force: true });
}
